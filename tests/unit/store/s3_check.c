/* SPDX-License-Identifier: MIT */
/* The check of many objects against a server of our own, which counts requests. */
#include "store/s3_check.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/thread.h"
#include "tests/unit/store/object_root.h"

#define FOLDER 10000 /* objects of a folder */
#define KEY_ROOM 64
#define TEXT_ROOM ((size_t)1 << 20)
#define BATCH 16
#define PATIENCE 20 /* seconds; ends a hang */
#define HEAD "HTTP/1.1 %s\r\nConnection: close\r\nDate: Sun, 29 Nov 2026 10:00:00 GMT\r\n"

enum answer { USUAL, UNORDERED, NO_LIST, CUT, BUSY, REFUSED, WHOLE_LIST };

/* Objects are numbered in the order of keys. */
struct fake {
    int listener;
    pthread_t thread;
    unsigned count, page;    /* objects; most of them in a page */
    unsigned gone, unlisted; /* this one does not exist; lists lack it */
    unsigned hold;           /* requests that are read before the first is answered */
    enum answer answer;      /* of the first page */
    _Atomic unsigned pages, heads;
};

struct fixture {
    struct fake fake;
    struct object_root root;
    struct s3_fetch *fetch;
    struct s3_versions versions;
    char endpoint[64];
};

static void path_of(unsigned i, char out[KEY_ROOM])
{
    snprintf(out, KEY_ROOM, "%02u/%06u.dcm", i / FOLDER, i);
}

/* Copy the value of a query's name, with slashes for %2F. */
static void query_value(const char *target, const char *name, char out[KEY_ROOM])
{
    const char *at = strstr(target, name);
    size_t len = 0;

    for (at = at ? at + strlen(name) : ""; *at && *at != '&' && *at != ' '; at++) {
        bool slash = strncmp(at, "%2F", 3) == 0;

        assert_true(len < KEY_ROOM - 1 && (slash || *at != '%'));
        out[len++] = slash ? '/' : *at;
        at += slash ? 2 : 0;
    }
    out[len] = '\0';
}

static void put_object(FILE *out, unsigned i)
{
    char path[KEY_ROOM];

    path_of(i, path);
    fprintf(out,
            "<Contents><Key>p/%s</Key><Size>%u</Size><ETag>W/&quot;e%u&quot;</ETag>"
            "<LastModified>2026-11-29T10:00:00.123Z</LastModified></Contents>",
            path, i, i);
}

static void put_list(const struct fake *f, const char *target, enum answer answer, FILE *out)
{
    char prefix[KEY_ROOM], after[KEY_ROOM], path[KEY_ROOM], key[2 * KEY_ROOM];
    unsigned found = 0;

    query_value(target, "prefix=", prefix);
    query_value(target, "start-after=", after);
    fputs("<ListBucketResult>", out);
    for (unsigned i = 0; i < f->count; i++) {
        path_of(i, path);
        snprintf(key, sizeof key, "p/%s", path);
        if (strncmp(key, prefix, strlen(prefix)) != 0 || i == f->unlisted || i == f->gone ||
            (answer != WHOLE_LIST && strcmp(key, after) <= 0))
            continue;
        if (found++ == f->page)
            break;
        put_object(out, answer == UNORDERED && found > 2 ? i - 2 : i);
    }
    fprintf(out, "<IsTruncated>%s</IsTruncated>%s", found > f->page ? "true" : "false",
            answer == CUT ? "" : "</ListBucketResult>");
}

static void answer_list(struct fake *f, const char *target, FILE *out)
{
    enum answer answer =
        atomic_fetch_add(&f->pages, 1) && f->answer != WHOLE_LIST ? USUAL : f->answer;
    char *text = NULL;
    size_t len = 0;
    FILE *body;

    if (answer == BUSY || answer == REFUSED) {
        fprintf(out, HEAD "Content-Length: 0\r\n\r\n",
                answer == BUSY ? "503 Slow Down" : "403 Forbidden");
        return;
    }
    body = open_memstream(&text, &len);
    assert_non_null(body);
    if (answer == NO_LIST)
        fputs("<html/>", body);
    else
        put_list(f, target, answer, body);
    fclose(body);
    fprintf(out, HEAD "Content-Length: %zu\r\n\r\n", "200 OK", len);
    fwrite(text, 1, len, out);
    free(text);
}

static void answer_head(struct fake *f, const char *target, FILE *out)
{
    unsigned i;

    atomic_fetch_add(&f->heads, 1);
    assert_int_equal(sscanf(target, "HEAD /b/p/%*u/%u.dcm", &i), 1);
    if (i == f->gone || i >= f->count)
        fprintf(out, HEAD "Content-Length: 0\r\n\r\n", "404 Not Found");
    else
        fprintf(out,
                HEAD "Content-Length: %u\r\nETag: \"e%u\"\r\n"
                     "Last-Modified: Sun, 29 Nov 2026 10:00:00 GMT\r\n\r\n",
                "200 OK", i, i);
}

/* Take a connection and read its request. Returns -1 after the end of the test. */
static int take_request(const struct fake *f, char text[4096])
{
    int fd = accept(f->listener, NULL, NULL);
    size_t len = 0;
    ssize_t n;

    while (fd >= 0 && (n = recv(fd, text + len, 4095 - len, 0)) > 0) {
        text[len += (size_t)n] = '\0';
        if (strstr(text, "\r\n\r\n"))
            return fd;
    }
    return -1;
}

static void *serve(void *ctx)
{
    struct fake *f = ctx;
    char text[BATCH][4096];
    int fds[BATCH];

    for (unsigned batch = f->hold;; batch = 1) {
        for (unsigned i = 0; i < batch; i++)
            if ((fds[i] = take_request(f, text[i])) < 0)
                return NULL;
        for (unsigned i = 0; i < batch; i++) {
            FILE *out = fdopen(fds[i], "w");

            assert_non_null(out);
            if (strncmp(text[i], "HEAD ", 5) == 0)
                answer_head(f, text[i], out);
            else
                answer_list(f, text[i], out);
            fclose(out);
        }
    }
}

/* A server with so many objects, and nothing wanted yet. */
static struct fixture *begin(unsigned count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct fixture *t = calloc(1, sizeof *t);
    struct conf_s3 *conf;
    socklen_t len = sizeof at;

    assert_non_null(t);
    t->fake = (struct fake){
        .count = count, .page = 1000, .gone = UINT32_MAX, .unlisted = UINT32_MAX, .hold = 1};
    t->fake.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(t->fake.listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(t->fake.listener, 512), 0);
    assert_int_equal(getsockname(t->fake.listener, (struct sockaddr *)&at, &len), 0);
    snprintf(t->endpoint, sizeof t->endpoint, "http://127.0.0.1:%u", ntohs(at.sin_port));
    assert_ok(object_root_open(&t->root, "s3://b/p", OBJECT_ROOT_KEYS), &t->root.e);
    conf = &t->root.conf.s3.of[0];
    conf->endpoint = t->endpoint;
    conf->connections = BATCH;
    conf->seconds = PATIENCE;
    return t;
}

static void want(struct fixture *t, unsigned i)
{
    char path[KEY_ROOM];

    path_of(i, path);
    assert_ok(s3_versions_add(&t->versions, path, &t->root.e), &t->root.e);
}

static int check(struct fixture *t)
{
    assert_ok(s3_fetch_open(t->root.s3, &t->fetch, &t->root.e), &t->root.e);
    assert_ok(thread_start(&t->fake.thread, serve, &t->fake, &t->root.e), &t->root.e);
    return s3_check(&t->versions, t->root.s3, t->fetch, &t->root.e);
}

static void end(struct fixture *t)
{
    s3_fetch_close(t->fetch);
    shutdown(t->fake.listener, SHUT_RDWR);
    pthread_join(t->fake.thread, NULL);
    close(t->fake.listener);
    s3_versions_release(&t->versions);
    object_root_close(&t->root);
    free(t);
}

static enum s3_version_state state_of(const struct fixture *t, unsigned i)
{
    struct s3_meta meta = {0};
    char path[KEY_ROOM], etag[KEY_ROOM];
    enum s3_version_state state;

    path_of(i, path);
    state = s3_versions_find(&t->versions, path, &meta);
    if (state == S3_VERSION_PRESENT) {
        snprintf(etag, sizeof etag, "e%u", i);
        assert_string_equal(meta.etag, etag);
        assert_int_equal(meta.size, i);
        assert_int_equal(meta.mtime_ns, s3_stamp(1795946400, etag));
    }
    return state;
}

/* Check every step-th object; all must be found, by so many requests. */
static void checks(unsigned count, unsigned step, unsigned pages, unsigned heads)
{
    struct fixture *t = begin(count);

    for (unsigned i = count; i-- > 0;)
        if (i % step == 0)
            want(t, i);
    assert_ok(check(t), &t->root.e);
    for (unsigned i = 0; i < count; i += step)
        assert_int_equal(state_of(t, i), S3_VERSION_PRESENT);
    if (step > 1)
        assert_int_equal(state_of(t, 1), S3_VERSION_UNKNOWN);
    assert_int_equal(t->fake.pages, pages);
    assert_int_equal(t->fake.heads, heads);
    end(t);
}

static void requests_are_few(void **state)
{
    (void)state;
    checks(5000, 1, 6, 0);
    checks(900, 1, 1, 0);
    checks(901, 1, 2, 0);
    checks(8, 1, 0, 8);
    checks(9, 1, 1, 0);
    checks(3000, 2, 4, 0);      /* each page has half of its range: two pages more */
    checks(5000, 100, 5, 0);    /* ten of a page */
    checks(FOLDER, 400, 1, 22); /* three of a page: the others one by one */
}

static void folders_are_listed_alone_if_others_lie_in_between(void **state)
{
    struct fixture *t = begin(5 * FOLDER);

    (void)state;
    for (unsigned i = 0; i < t->fake.count; i++)
        if (i % FOLDER < 40)
            want(t, i);
    assert_ok(check(t), &t->root.e);
    for (unsigned i = 0; i < t->fake.count; i += FOLDER)
        assert_int_equal(state_of(t, i + 39), S3_VERSION_PRESENT);
    assert_int_equal(t->fake.pages, 5);
    assert_int_equal(t->fake.heads, 0);
    end(t);
}

static void pages_and_looks_are_requested_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct fixture *t = begin(i ? BATCH : 5000);

        t->root.conf.s3.of[0].check = i ? CONF_S3_CHECK_HEAD : CONF_S3_CHECK_LIST;
        t->fake.hold = i ? BATCH : 6;
        for (unsigned k = 0; k < t->fake.count; k++)
            want(t, k);
        assert_ok(check(t), &t->root.e);
        assert_int_equal(t->fake.pages + t->fake.heads, i ? BATCH : 6);
        end(t);
    }
}

static void missing_objects_are_noticed(void **state)
{
    struct fixture *t = begin(2000);

    (void)state;
    t->fake.gone = 1111;
    t->fake.unlisted = 1234; /* as lists of Swift do for a while */
    for (unsigned i = 0; i < 2001; i++)
        want(t, i);
    assert_ok(check(t), &t->root.e);
    assert_int_equal(state_of(t, 1111), S3_VERSION_MISSING);
    assert_int_equal(state_of(t, 1234), S3_VERSION_PRESENT);
    assert_int_equal(state_of(t, 2000), S3_VERSION_MISSING);
    assert_int_equal(t->fake.heads, 3);
    end(t);

    t = begin(1000);
    for (unsigned i = 980; i < 1020; i++)
        want(t, i);
    assert_ok(check(t), &t->root.e);
    assert_int_equal(state_of(t, 999), S3_VERSION_PRESENT);
    assert_int_equal(state_of(t, 1019), S3_VERSION_MISSING);
    assert_int_equal(t->fake.heads, 0); /* more than a few */
    end(t);
}

/* Check 2,000 objects when the first page that is answered is not as it should be. */
static struct fixture *check_with(enum answer answer, enum err_kind kind, const char *says)
{
    struct fixture *t = begin(2000);

    t->fake.answer = answer;
    for (unsigned i = 0; i < t->fake.count; i++)
        want(t, i);
    if (kind == ERR_NONE) {
        assert_ok(check(t), &t->root.e);
        for (unsigned i = 0; i < t->fake.count; i++)
            assert_int_equal(state_of(t, i), S3_VERSION_PRESENT);
        return t;
    }
    assert_int_equal(check(t), -1);
    if (!strstr(t->root.e.text, says))
        fail_msg("%s: %s", says, t->root.e.text);
    assert_err(-1, kind, &t->root.e);
    return t;
}

static void pages_are_not_believed_blindly(void **state)
{
    struct fixture *t;

    (void)state;
    end(check_with(UNORDERED, ERR_AWAY, "it is not in order"));
    end(check_with(NO_LIST, ERR_AWAY, "no ListBucketResult"));
    end(check_with(CUT, ERR_AWAY, "no ListBucketResult"));
    end(check_with(REFUSED, ERR_CONFIG, "status 403"));
    t = check_with(BUSY, ERR_NONE, NULL);
    assert_int_equal(t->fake.pages, 4);
    end(t);
    t = check_with(WHOLE_LIST, ERR_NONE, NULL); /* a server that ignores start-after */
    assert_true(t->fake.pages <= 6 && t->fake.heads > 0);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_few),
        cmocka_unit_test(folders_are_listed_alone_if_others_lie_in_between),
        cmocka_unit_test(pages_and_looks_are_requested_at_once),
        cmocka_unit_test(missing_objects_are_noticed),
        cmocka_unit_test(pages_are_not_believed_blindly)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
