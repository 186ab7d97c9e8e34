/* SPDX-License-Identifier: MIT */
#include "cli/site_advice.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const names[SITE_SERVERS] = {"nginx", "Apache", "lighttpd", "Caddy"};

static const char *const lines[SITE_PROBLEMS][SITE_SERVERS] = {
    [SITE_CODED] =
        {"location of /dicom-web: gzip off; (also brotli off; and sub_filter must go)",
         "<LocationMatch \"^/(dicom-web|wado|s)(/|$)\">\n    SetEnv no-gzip 1\n    SetEnv no-brotli 1\n"
         "</LocationMatch>",
         "deflate.mimetypes = ( \"text/html\", \"text/css\", \"text/javascript\" )",
         "@web not path /dicom-web/* /wado/* /s/*\nencode @web gzip"},
    [SITE_SPOOLED] =
        {"location of /dicom-web: fastcgi_max_temp_file_size 0; (as a proxy: proxy_max_temp_file_size 0;)",
         "no line: mod_fcgid, mod_proxy_fcgi and mod_proxy collect nothing",
         "server.stream-response-body = 2",
         "no line: Caddy collects nothing (request_buffers and response_buffers are off by default)"},
    [SITE_RANGES] =
        {"location of /dicom-web: proxy_set_header Range $http_range; proxy_set_header If-Range $http_if_range;\n"
         "and remove proxy_cache, slice, max_ranges 0",
         "remove \"RequestHeader unset Range\", \"RequestHeader unset If-Range\", \"MaxRanges none\" and mod_cache",
         "remove proxy.header and setenv rules that unset Range or If-Range",
         "remove \"header_up -Range\" and \"header_up -If-Range\" of reverse_proxy"},
    [SITE_PREFLIGHT] =
        {"location of /dicom-web: limit_except OPTIONS { auth_basic \"DICOM images\"; auth_basic_user_file "
         "/etc/wadozip/users; }",
         "<RequireAny>\n    Require valid-user\n    Require method OPTIONS\n</RequireAny>",
         "$HTTP[\"request-method\"] != \"OPTIONS\" { auth.require = ( ... ) }",
         "@login not method OPTIONS\nbasicauth @login { ... }"},
    [SITE_STATUS] =
        {"location ~ /(health|metrics)$ { deny all; }",
         "<LocationMatch \"/(health|metrics)$\">\n    Require local\n</LocationMatch>",
         "$HTTP[\"url\"] =~ \"/(health|metrics)(\\?|$)\" { url.access-deny = ( \"\" ) }",
         "@status path */health */metrics\nrespond @status 404"},
    [SITE_PLAIN] =
        {"listen 443 ssl; ssl_certificate /etc/wadozip/tls.crt; ssl_certificate_key /etc/wadozip/tls.key;",
         "SSLEngine on\nSSLCertificateFile /etc/wadozip/tls.crt\nSSLCertificateKeyFile /etc/wadozip/tls.key",
         "ssl.engine = \"enable\"\nssl.pemfile = \"/etc/wadozip/tls.crt\"\nssl.privkey = \"/etc/wadozip/tls.key\"",
         "tls /etc/wadozip/tls.crt /etc/wadozip/tls.key"},
    [SITE_LINKS] =
        {"location ~ ^(?<wadozip_base>/(?:dicom-web|wado|s))(?<wadozip_path>/.*)?$ { ... }",
         "ProxyPassMatch or ScriptAlias of /s, and <LocationMatch \"^/s/\"> Require all granted (apache/)",
         "fastcgi.server += ( \"/s\" => ... ) (lighttpd/)",
         "handle_path /s/* { ... } (caddy/wadozip-socket.conf)"},
};

enum site_server site_server_of(const char *field)
{
    enum site_server s = 0;

    while (s < SITE_SERVERS && strncasecmp(field, names[s], strlen(names[s])) != 0)
        s++;
    return s;
}

const char *site_advice_lines(enum site_problem problem, enum site_server server)
{
    return lines[problem][server];
}

static void site_advice_print_one(enum site_problem problem, enum site_server server, FILE *out)
{
    fprintf(out, "     %s:\n", names[server]);
    for (const char *s = lines[problem][server]; *s;
         s += strcspn(s, "\n") + (strchr(s, '\n') != NULL))
        fprintf(out, "       %.*s\n", (int)strcspn(s, "\n"), s);
}

void site_advice_print(enum site_problem problem, enum site_server first, FILE *out)
{
    if (first != SITE_SERVERS)
        site_advice_print_one(problem, first, out);
    for (enum site_server s = 0; s < SITE_SERVERS; s++)
        if (s != first)
            site_advice_print_one(problem, s, out);
}
