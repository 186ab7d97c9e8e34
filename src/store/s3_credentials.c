/* SPDX-License-Identifier: MIT */
#include "store/s3_credentials.h"

#include <fcntl.h>
#include <pthread.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"

#define FILE_MAX ((size_t)64 << 10)

/* Names in the environment, and in upper case those of Amazon's credentials
 * files. */
static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                    "AWS_SESSION_TOKEN"};
enum { KEY_ID, SECRET, TOKEN, NAMES };

struct s3_credentials {
    const struct conf_s3 *conf;
    pthread_mutex_t lock;
    char *user, *token; /* as in struct s3_key */
    unsigned version;
    struct stat seen;   /* of the file when it was last read or tried; unused for the environment */
};

struct values {
    char *text; /* of the file, cut into values */
    const char *of[NAMES];
};

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static char *trimmed(char *s)
{
    size_t len;

    s += strspn(s, " \t\r");
    for (len = strlen(s); len && strchr(" \t\r", s[len - 1]); len--)
        s[len - 1] = '\0';
    return s;
}

/* The first section that has the keys counts; other lines are left alone. */
static void take_assignment(struct values *v, char *line)
{
    char *sign = strchr(line, '=');

    if (!sign)
        return;
    *sign = '\0';
    for (int i = 0; i < NAMES; i++)
        if (!v->of[i] && strcasecmp(trimmed(line), names[i]) == 0)
            v->of[i] = trimmed(sign + 1);
}

static int read_values(struct values *v, const char *path, struct stat *st, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t n;
    char *rest;

    if (fd < 0 || fstat(fd, st))
        return err_sys(e, ERR_CONFIG, "cannot open the credentials %s", path);
    if (st->st_mode & 0007) {
        io_close(&fd);
        return err_set(e, ERR_CONFIG, "everybody may read the credentials %s: chmod o= it", path);
    }
    v->text = calloc(1, FILE_MAX);
    n = v->text ? io_pread(fd, v->text, FILE_MAX - 1, 0) : -1;
    io_close(&fd);
    if (n < 0)
        return err_sys(e, ERR_CONFIG, "cannot read the credentials %s", path);
    rest = v->text;
    for (char *line; (line = strsep(&rest, "\n"));)
        take_assignment(v, line);
    return 0;
}

/* Replace the values if the new ones are complete. */
static int keep_values(struct s3_credentials *k, const struct values *v, const char *from,
                       struct err *e)
{
    char *user, *token;

    if (!v->of[KEY_ID] || !v->of[SECRET] || !*v->of[KEY_ID] || !*v->of[SECRET])
        return err_set(e, ERR_CONFIG, "s3.%s.credentials: there is no %s and %s in %s",
                       k->conf->name, names[KEY_ID], names[SECRET], from);
    if (strchr(v->of[KEY_ID], ':'))
        return err_set(e, ERR_CONFIG, "s3.%s.credentials: %s has a colon", k->conf->name,
                       names[KEY_ID]);
    if (asprintf(&user, "%s:%s", v->of[KEY_ID], v->of[SECRET]) < 0)
        user = NULL;
    token = strdup(v->of[TOKEN] ? v->of[TOKEN] : "");
    if (!user || !token) {
        wipe(user);
        wipe(token);
        return err_set(e, ERR_MEMORY, "no memory left for credentials");
    }
    wipe(k->user);
    wipe(k->token);
    k->user = user;
    k->token = token;
    k->version++;
    return 0;
}

static bool from_environment(const struct s3_credentials *k)
{
    return strcmp(k->conf->credentials, CONF_S3_ENVIRONMENT) == 0;
}

static int find_values(struct s3_credentials *k, struct err *e)
{
    const char *from = k->conf->credentials;
    struct values v = {0};
    int rc = 0;

    if (from_environment(k))
        for (int i = 0; i < NAMES; i++)
            v.of[i] = getenv(names[i]);
    else
        rc = read_values(&v, from, &k->seen, e);
    if (rc == 0)
        rc = keep_values(k, &v, from, e);
    if (v.text)
        explicit_bzero(v.text, FILE_MAX);
    free(v.text);
    return rc;
}

int s3_credentials_open(const struct conf_s3 *c, struct s3_credentials **out, struct err *e)
{
    struct s3_credentials *k = calloc(1, sizeof *k);

    *out = NULL;
    if (!k)
        return err_set(e, ERR_MEMORY, "no memory left for credentials");
    k->conf = c;
    pthread_mutex_init(&k->lock, NULL);
    if (find_values(k, e)) {
        s3_credentials_close(k);
        return -1;
    }
    *out = k;
    return 0;
}

void s3_credentials_close(struct s3_credentials *k)
{
    if (!k)
        return;
    wipe(k->user);
    wipe(k->token);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           io_nanoseconds(&a->st_mtim) == io_nanoseconds(&b->st_mtim) &&
           io_nanoseconds(&a->st_ctim) == io_nanoseconds(&b->st_ctim);
}

/* A file that is incomplete is tried again when it changes once more. */
static void renew(struct s3_credentials *k)
{
    struct err e = ERR_INIT;
    struct stat now;

    if (from_environment(k) || stat(k->conf->credentials, &now) || same_file(&now, &k->seen))
        return;
    if (find_values(k, &e))
        log_warn("the previous credentials stay: %s", e.text);
}

void s3_credentials_get(struct s3_credentials *k, struct s3_key *out)
{
    pthread_mutex_lock(&k->lock);
    renew(k);
    *out = (struct s3_key){strdup(k->user), strdup(k->token), k->version};
    pthread_mutex_unlock(&k->lock);
}

void s3_key_release(struct s3_key *key)
{
    wipe(key->user);
    wipe(key->token);
}

unsigned s3_credentials_version(struct s3_credentials *k)
{
    unsigned version;

    pthread_mutex_lock(&k->lock);
    renew(k);
    version = k->version;
    pthread_mutex_unlock(&k->lock);
    return version;
}
