/* url.h: what a server's URL may look like, and what an error reply says. */
#ifndef PMPO_ENGINE_HTTP_URL_H
#define PMPO_ENGINE_HTTP_URL_H

#include "base/str.h"

/* PMPO_EUSAGE: not http(s), no host, or one with a user, password, query or
 * fragment; with_key: also plain http to another machine. */
int pmpo_http_check_url(const char *url, bool with_key, pmpo_error *err);
/* Is the host this machine: localhost, 127.*, ::1? */
bool pmpo_http_is_loopback(const char *url);
/* Appends url + path; a path "^/x" goes in place of the /v1 at the URL's end. */
void pmpo_http_join(const char *url, const char *path, pmpo_buf *out);

/* Appends what the body of an error reply says, one line of at most 300
 * bytes of valid UTF-8: error.message, message or detail of a JSON object,
 * else the beginning of the text. `secret` (may be "") is replaced. */
void pmpo_http_error_text(pmpo_str body, pmpo_str secret, pmpo_buf *out);
/* Appends ": " and the same of a body that is an error whatever its status, a
 * JSON object with an "error" that isn't null. False: it is another. */
bool pmpo_http_own_error(pmpo_str body, pmpo_str secret, pmpo_buf *out);

#endif
