/* SPDX-License-Identifier: MIT */
/* Settings with a choice of words; enumerators in the order of the words in
 * conf_rows.c. */
#ifndef WADOZIP_CONF_CONF_CHOICE_H
#define WADOZIP_CONF_CONF_CHOICE_H

enum conf_access {
    CONF_ACCESS_NONE,
    CONF_ACCESS_USER,
    CONF_ACCESS_GRANTS,
    CONF_ACCESS_OPEN,
    CONF_ACCESS_ALL /* another word for open: settings_load() replaces it */
};
enum conf_framing { CONF_FRAMING_AUTO, CONF_FRAMING_CHUNKED };
enum conf_entry_time { CONF_ENTRY_TIME_DATA, CONF_ENTRY_TIME_NONE };
enum conf_sendfile { CONF_SENDFILE_NONE, CONF_SENDFILE_LIGHTTPD, CONF_SENDFILE_NGINX };
enum conf_compression { CONF_COMPRESSION_AUTO, CONF_COMPRESSION_NONE, CONF_COMPRESSION_DEFLATE };

#endif
