/* authorities.c: which file of CA certificates is trusted. */
#include "engine/http/authorities.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const places[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch, Gentoo */
    "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL, Amazon Linux */
    "/etc/ssl/ca-bundle.pem",             /* openSUSE */
    "/etc/ssl/cert.pem",                  /* Alpine, macOS, the BSDs */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* newer Fedora */
    NULL,
};

const char *pmpo_http_first_readable(const char *own, const char *const *list)
{
    if (own && access(own, R_OK) == 0) {
        return own;
    }
    for (; *list; list++) {
        if (access(*list, R_OK) == 0) {
            return *list;
        }
    }
    return NULL;
}

const char *pmpo_http_authorities(const char *asked)
{
    const char *env = getenv("SSL_CERT_FILE");
    if (asked || (env && *env)) {
        return asked ? asked : env;
    }
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    return v->age >= CURLVERSION_SEVENTH && v->cainfo
               ? pmpo_http_first_readable(v->cainfo, places)
               : NULL; /* a store that is no file, such as the system's own */
}
