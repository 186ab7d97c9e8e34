/* SPDX-License-Identifier: MIT */
/* Files in memory that the workers of a pool share; -1 each without a pool. */
#ifndef WADOZIP_RESPOND_SERVE_SHARED_H
#define WADOZIP_RESPOND_SERVE_SHARED_H

struct serve_shared {
    int downloads; /* download_limit_share() */
    int requests;  /* request_limit_share() */
};

#endif
