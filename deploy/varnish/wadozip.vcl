# Varnish before a web server that runs wadozip, here at 127.0.0.1:8080, for open data: access = open and cache =
# public,max-age=SECONDS. Everything else passes through. An archive is kept whole, so the storage must hold the largest
# (varnishd -s file,...), and ranges are served from it. Put this file at /etc/varnish/default.vcl.
vcl 4.1;

backend wadozip {
    .host = "127.0.0.1";
    .port = "8080";
    # A first conversion, and a busy service.
    .first_byte_timeout = 600s;
    .between_bytes_timeout = 600s;
}

sub vcl_recv {
    # The address names the representation: one copy for all clients, whatever they accept.
    if (req.url ~ "^[^?]*\.zip([?]|$)" || req.url ~ "[?&]accept=") {
        unset req.http.Accept;
    }
    # Pages of the same site may set cookies; the service reads only those of links, which are never public.
    if (req.url !~ "^/s/") {
        unset req.http.Cookie;
    }
}

sub vcl_backend_response {
    # After max-age the entity tag is compared, and the copy stays as long as it is right.
    set beresp.keep = 30d;
}
