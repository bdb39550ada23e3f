/* url.c: URLs and error replies of servers. See url.h. */
#include "engine/http/url.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>

#include "base/error.h"

/* ---- URLs ------------------------------------------------------------------ */

/* A part of the URL, at most `n` bytes; "": it has none. */
static bool part_of(const char *url, CURLUPart what, char *out, size_t n)
{
    CURLU *u = curl_url();
    char *found = NULL;
    out[0] = '\0';
    bool ok = u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK;
    if (ok && curl_url_get(u, what, &found, 0) == CURLUE_OK) {
        snprintf(out, n, "%s", found);
    }
    curl_free(found);
    curl_url_cleanup(u);
    return ok;
}

static bool is_word(const char *s, const char *word)
{
    return pmpo_str_alike(pmpo_str_of(s), pmpo_str_of(word));
}

bool pmpo_http_is_loopback(const char *url)
{
    char host[256];
    part_of(url, CURLUPART_HOST, host, sizeof(host));
    bool numeric = strspn(host, "0123456789.") == strlen(host);
    return is_word(host, "localhost") || strcmp(host, "[::1]") == 0 ||
           (numeric && strncmp(host, "127.", 4) == 0);
}

int pmpo_http_check_url(const char *url, bool with_key, pmpo_error *err)
{
    char scheme[16], user[64], word[64], rest[64], piece[64], host[256];
    /* A URL that may hold a password isn't repeated in the error. */
    if (!part_of(url, CURLUPART_USER, user, sizeof(user))) {
        bool shown = !strchr(url, '@');
        return pmpo_fail(err, PMPO_EUSAGE,
                         "%s%snot a URL: write http://host:port/v1, the port "
                         "at most 65535", shown ? url : "", shown ? ": " : "");
    }
    part_of(url, CURLUPART_PASSWORD, word, sizeof(word));
    if (user[0] || word[0]) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "a URL with a user or password: leave them out, and "
                         "give a key apart from it");
    }
    part_of(url, CURLUPART_SCHEME, scheme, sizeof(scheme));
    part_of(url, CURLUPART_HOST, host, sizeof(host));
    part_of(url, CURLUPART_QUERY, rest, sizeof(rest));
    part_of(url, CURLUPART_FRAGMENT, piece, sizeof(piece));
    bool secure = is_word(scheme, "https");
    if ((!secure && !is_word(scheme, "http")) || !host[0] || rest[0] ||
        piece[0] || strstr(url, ":///")) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "%s: write http(s)://host[:port]/v1, without a query",
                         url);
    }
    if (with_key && !secure && !pmpo_http_is_loopback(url)) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "%s: the key would travel unencrypted: use https, or "
                         "--insecure if the network between is yours", url);
    }
    return 0;
}

void pmpo_http_join(const char *url, const char *path, pmpo_buf *out)
{
    if (path[0] != '^') {
        pmpo_buf_puts(out, url);
        pmpo_buf_puts(out, path);
        return;
    }
    size_t n = strlen(url);
    n -= n > 3 && strcmp(url + n - 3, "/v1") == 0 ? 3 : 0;
    pmpo_buf_put(out, (pmpo_str){url, n});
    pmpo_buf_puts(out, path + 1);
}

/* ---- what an error says --------------------------------------------------------- */

#define MOST_TEXT 300 /* bytes, see pmpo_http_error_text */

static const char *text_in(const json_t *o)
{
    const json_t *error = json_object_get(o, "error");
    const char *s = json_is_string(error)
                        ? json_string_value(error)
                        : json_string_value(json_object_get(error, "message"));
    s = s ? s : json_string_value(json_object_get(o, "message"));
    return s ? s : json_string_value(json_object_get(o, "detail"));
}

static void put_without(pmpo_str text, pmpo_str secret, pmpo_buf *out)
{
    size_t at = 0;
    while (secret.len > 0) {
        size_t found = pmpo_str_find(text, secret, at);
        if (found == SIZE_MAX) {
            break;
        }
        pmpo_buf_put(out, pmpo_str_sub(text, at, found));
        pmpo_buf_puts(out, "***");
        at = found + secret.len;
    }
    pmpo_buf_put(out, pmpo_str_sub(text, at, text.len));
}

void pmpo_http_error_text(pmpo_str body, pmpo_str secret, pmpo_buf *out)
{
    json_t *o = json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL);
    const char *said = o ? text_in(o) : NULL;
    pmpo_buf clean = {0};
    put_without(pmpo_str_trim(said ? pmpo_str_of(said) : body), secret, &clean);
    pmpo_str s = pmpo_buf_str(&clean);
    size_t bad = pmpo_utf8_check(s);
    s.len = bad < s.len ? bad : s.len;
    if (s.len > MOST_TEXT) {
        s.len = pmpo_utf8_floor(s, MOST_TEXT);
    }
    pmpo_buf_put(out, s);
    pmpo_buf_release(&clean);
    json_decref(o);
}

bool pmpo_http_own_error(pmpo_str body, pmpo_str secret, pmpo_buf *out)
{
    json_t *o = json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL);
    const json_t *error = json_object_get(o, "error");
    bool is = error && !json_is_null(error);
    if (is) {
        pmpo_buf_puts(out, ": ");
        pmpo_http_error_text(body, secret, out);
    }
    json_decref(o);
    return is;
}
