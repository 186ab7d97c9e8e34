/* SPDX-License-Identifier: MIT */
#include "fastcgi/draining.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/io.h"

#define CHUNKS 64 /* limit for one sweep: it must end however fast the peer sends */

static void drop(struct draining *l, size_t i)
{
    io_close(&l->list[i].fd);
    l->count--;
    memmove(&l->list[i], &l->list[i + 1], (l->count - i) * sizeof *l->list);
}

void draining_add(struct draining *l, int fd)
{
    if (l->count == DRAINING_MAX)
        drop(l, 0);
    shutdown(fd, SHUT_WR);
    l->list[l->count++] = (struct draining_connection){fd, io_now() + DRAINING_SECONDS};
}

/* Return whether the peer has closed the connection. */
static bool draining_has_ended(int fd)
{
    for (int i = 0; i < CHUNKS; i++) {
        uint8_t data[16 << 10];
        ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return true;
        if (n < 0 && errno == EAGAIN)
            return false;
    }
    return false;
}

void draining_sweep(struct draining *l)
{
    double now = io_now();

    for (size_t i = l->count; i-- > 0;)
        if (l->list[i].until <= now || draining_has_ended(l->list[i].fd))
            drop(l, i);
}

int draining_timeout(const struct draining *l)
{
    double left = l->count ? l->list[0].until - io_now() : 0;

    if (!l->count)
        return -1;
    return left > 0 ? (int)(left * 1000) + 1 : 0;
}

void draining_close(struct draining *l)
{
    while (l->count)
        drop(l, l->count - 1);
}
