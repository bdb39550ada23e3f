/* authorities.h: which file of CA certificates is trusted. */
#ifndef PMPO_HTTP_AUTHORITIES_H
#define PMPO_HTTP_AUTHORITIES_H

/* `asked` if it is not NULL, else $SSL_CERT_FILE; else NULL, libcurl's own, or,
 * where that file is not on this machine (a libcurl that was built for another
 * distribution, as in a Python wheel), the first of the places in use that is.
 * Borrowed or static. */
const char *pmpo_http_authorities(const char *asked);

/* `own` or, if it can't be read, the first of `places`, ended by NULL, that can;
 * else NULL. */
const char *pmpo_http_first_readable(const char *own,
                                     const char *const *places);

#endif
