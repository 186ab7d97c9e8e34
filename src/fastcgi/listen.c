/* SPDX-License-Identifier: MIT */
#include "fastcgi/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/io.h"

#define BACKLOG 1024

static int listen_fail(struct listen_socket *l, const char *what, struct err *e)
{
    err_sys(e, ERR_SYSTEM, "cannot listen at %s", what);
    io_close(&l->fd);
    return -1;
}

/*
 * Remove a socket file that a killed process left, after checking that nothing
 * accepts connections on it.
 */
static int remove_stale(const struct sockaddr_un *a, struct err *e)
{
    struct stat st;
    int fd, rc;

    if (lstat(a->sun_path, &st))
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, ERR_CONFIG, "%s exists and is not a socket", a->sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_sys(e, ERR_SYSTEM, "cannot create a socket");
    rc = connect(fd, (const struct sockaddr *)a, sizeof *a);
    if (rc && errno == ECONNREFUSED)
        rc = unlink(a->sun_path);
    else
        rc = err_set(e, ERR_CONFIG, "another process listens at %s", a->sun_path);
    if (rc)
        err_sys(e, ERR_SYSTEM, "cannot remove the old socket %s", a->sun_path);
    close(fd);
    return rc;
}

static int open_unix(const char *path, struct listen_socket *l, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct stat st;
    mode_t mask;
    int rc;

    if (path[0] != '/' || strlen(path) >= sizeof a.sun_path)
        return err_set(e, ERR_CONFIG,
                       "a socket needs an absolute path of at most %zu bytes, not \"%s\"",
                       sizeof a.sun_path - 1, path);
    memcpy(a.sun_path, path, strlen(path) + 1);
    if (remove_stale(&a, e))
        return -1;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Create it with mode 0660: for owner and group, to which the web server
     * belongs. */
    mask = umask(0117);
    rc = l->fd < 0 ? -1 : bind(l->fd, (const struct sockaddr *)&a, sizeof a);
    umask(mask);
    if (rc || stat(path, &st) || listen(l->fd, BACKLOG))
        return listen_fail(l, path, e);
    memcpy(l->path, a.sun_path, sizeof l->path);
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    return 0;
}

/* Split "address:port" or "[address]:port" in place. */
static char *cut_port(char *where, const char **address)
{
    char *colon = strrchr(where, ':');
    size_t len;

    if (!colon || colon == where || !colon[1])
        return NULL;
    *colon = '\0';
    len = strlen(where);
    *address = where;
    if (where[0] == '[' && where[len - 1] == ']') {
        where[len - 1] = '\0';
        *address = where + 1;
    }
    return colon + 1;
}

static int open_tcp(const char *where, struct listen_socket *l, struct err *e)
{
    struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                            .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const char *address = NULL;
    char text[128], *port;
    int on = 1, rc;

    snprintf(text, sizeof text, "%s", where);
    port = cut_port(text, &address);
    if (!port || getaddrinfo(address, port, &want, &found))
        return err_set(e, ERR_CONFIG,
                       "tcp: needs a numeric address and a port, as tcp:127.0.0.1:9000, not \"%s\"",
                       where);
    l->fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    rc = l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
         bind(l->fd, found->ai_addr, found->ai_addrlen) || listen(l->fd, BACKLOG);
    freeaddrinfo(found);
    return rc ? listen_fail(l, where, e) : 0;
}

int listen_open(const char *where, struct listen_socket *l, struct err *e)
{
    *l = (struct listen_socket){.fd = -1, .kind = LISTEN_OWN};
    if (strncmp(where, "unix:", 5) == 0)
        return open_unix(where + 5, l, e);
    if (strncmp(where, "tcp:", 4) == 0)
        return open_tcp(where + 4, l, e);
    return err_set(e, ERR_CONFIG, "--listen takes unix:/path or tcp:address:port, not \"%s\"",
                   where);
}

static bool is_listening(int fd)
{
    int listening = 0;
    socklen_t len = sizeof listening;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

/*
 * Replace descriptor 0 with /dev/null, so that no child process keeps the web
 * server's socket open.
 */
static int take_standard_input(struct err *e)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3),
        null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0)
        return err_sys(e, ERR_SYSTEM, "cannot take over the web server's socket");
    close(null);
    return fd;
}

int listen_inherit(struct listen_socket *l, struct err *e)
{
    int given = sd_listen_fds(1), flags;

    *l = (struct listen_socket){.fd = -1, .kind = LISTEN_SYSTEMD};
    if (given > 1)
        return err_set(e, ERR_CONFIG, "systemd passed %d sockets: one is expected", given);
    if (given == 1 && is_listening(SD_LISTEN_FDS_START)) {
        l->fd = SD_LISTEN_FDS_START;
    } else if (is_listening(STDIN_FILENO)) {
        l->kind = LISTEN_WEB_SERVER;
        l->fd = take_standard_input(e);
    } else {
        return err_set(
            e, ERR_CONFIG,
            "no socket to serve: give --listen unix:/path, or let a web server, spawn-fcgi or "
            "systemd start this program");
    }
    if (l->fd < 0)
        return -1;
    /* Workers wait with epoll and accept without blocking, so they never
     * miss a signal (worker.c). */
    flags = fcntl(l->fd, F_GETFL);
    if (flags < 0 || fcntl(l->fd, F_SETFL, flags | O_NONBLOCK))
        return err_sys(e, ERR_SYSTEM, "cannot prepare the inherited socket");
    return 0;
}

void listen_refuse(struct listen_socket *l)
{
    struct stat st;

    if (l->kind != LISTEN_OWN || l->fd < 0)
        return;
    if (l->path[0] && lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
        unlink(l->path);
    l->path[0] = '\0';
    /* Workers that still send a response hold the socket, too: this ends it for
     * all of them. */
    shutdown(l->fd, SHUT_RDWR);
}

void listen_close(struct listen_socket *l)
{
    listen_refuse(l);
    io_close(&l->fd);
}
