/* html.c: see html.h. */
#include "report/html.h"

#include <math.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/plain.h"
#include "report/assets.h"

/* ---- escaping ------------------------------------------------------------ */

static const char *entity(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    default:
        return c < 0x20 || c == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

/* Escapes valid UTF-8. Lines end in LF whatever ended them. */
static void put_valid(pmpo_buf *b, pmpo_str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char *e = entity((unsigned char)s.ptr[i]);
        if (s.ptr[i] == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n') {
            e = "";
        }
        if (e) {
            pmpo_buf_put(b, pmpo_str_sub(s, from, i));
            pmpo_buf_puts(b, e);
            from = i + 1;
        }
    }
    pmpo_buf_put(b, pmpo_str_sub(s, from, s.len));
}

void pmpo_html_text(pmpo_buf *b, pmpo_str s)
{
    while (s.len > 0) {
        size_t bad = pmpo_utf8_check(s);
        put_valid(b, pmpo_str_sub(s, 0, bad < s.len ? bad : s.len));
        if (bad >= s.len) {
            return;
        }
        pmpo_buf_puts(b, "\xef\xbf\xbd");
        s = pmpo_str_sub(s, bad + 1, s.len);
    }
}

void pmpo_html_copied(pmpo_buf *b, pmpo_str s)
{
    for (size_t i = 0, from = 0; i <= s.len; i++) {
        bool end = i == s.len;
        if (end || s.ptr[i] == '\r') {
            pmpo_html_text(b, pmpo_str_sub(s, from, i));
            pmpo_buf_puts(b, end ? "" : "&#13;");
            from = i + 1;
        }
    }
}

void pmpo_html_cut(pmpo_buf *b, pmpo_str s, size_t max)
{
    size_t end = s.len <= max ? s.len : pmpo_utf8_floor(s, max);
    pmpo_html_text(b, pmpo_str_sub(s, 0, end));
    if (end < s.len) {
        pmpo_buf_puts(b, "\xe2\x80\xa6");
    }
}

/* ---- formats ------------------------------------------------------------- */

/* One conversion, fmt[0] == '%'; returns its length. */
static size_t put_value(pmpo_buf *b, const char *fmt, va_list *ap)
{
    char spec[16];
    size_t n = strcspn(fmt + 1, "sdufg%") + 2;
    if (n >= sizeof(spec) || !fmt[n - 1]) {
        b->failed = true;
        return strlen(fmt);
    }
    memcpy(spec, fmt, n);
    spec[n] = '\0';
    if (!strcmp(spec, "%s")) {
        pmpo_html_text(b, pmpo_str_of(va_arg(*ap, const char *)));
    } else if (!strcmp(spec, "%.*s")) {
        int len = va_arg(*ap, int);
        pmpo_html_text(b, (pmpo_str){va_arg(*ap, const char *), (size_t)len});
    } else if (!strcmp(spec, "%zu")) {
        pmpo_buf_printf(b, "%zu", va_arg(*ap, size_t));
    } else if (!strcmp(spec, "%d")) {
        pmpo_buf_printf(b, "%d", va_arg(*ap, int));
    } else if (!strcmp(spec, "%%")) {
        pmpo_buf_putc(b, '%');
    } else if (spec[n - 1] == 'f' || spec[n - 1] == 'g') {
        char number[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        pmpo_print(number, sizeof(number), spec, va_arg(*ap, double));
#pragma GCC diagnostic pop
        pmpo_buf_puts(b, number);
    } else {
        b->failed = true;
    }
    return n;
}

void pmpo_html(pmpo_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    while (*fmt) {
        size_t n = strcspn(fmt, "%");
        pmpo_buf_put(b, (pmpo_str){fmt, n});
        fmt += n;
        if (*fmt) {
            fmt += put_value(b, fmt, &ap);
        }
    }
    va_end(ap);
}

/* ---- numbers ------------------------------------------------------------- */

void pmpo_html_count(pmpo_buf *b, double n)
{
    char digits[32];
    int len = pmpo_print(digits, sizeof(digits), "%.0f", n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            pmpo_buf_putc(b, ',');
        }
        pmpo_buf_putc(b, digits[i]);
    }
}

void pmpo_html_loss(pmpo_buf *b, double v)
{
    if (isfinite(v)) {
        pmpo_html(b, "%.4f", v);
    } else {
        pmpo_buf_puts(b, "\xe2\x80\x93");
    }
}

void pmpo_html_seconds(pmpo_buf *b, double s)
{
    if (!(s >= 0)) {
        pmpo_buf_puts(b, "\xe2\x80\x93");
    } else if (s < 60) {
        pmpo_html(b, s < 9.95 ? "%.1f s" : "%.0f s", s);
    } else if (s < 3600) {
        pmpo_html(b, "%d min %d s", (int)(s / 60), (int)fmod(s, 60));
    } else {
        pmpo_html(b, "%d h %d min", (int)(s / 3600), (int)fmod(s / 60, 60));
    }
}

/* ---- the page ------------------------------------------------------------ */

/* 'sha256-...' of a style or script, as the policy names it. */
static void put_hash(pmpo_buf *b, pmpo_str s)
{
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";
    sha256_init(&sha);
    sha256_update(&sha, s.len, (const uint8_t *)s.ptr);
    sha256_digest(&sha, sizeof(digest), digest);
    base64_encode_raw(text, sizeof(digest), digest);
    pmpo_buf_printf(b, "'sha256-%s'", text);
}

static void put_head(pmpo_buf *b, pmpo_str title)
{
    const pmpo_str css = pmpo_asset_css, js = pmpo_asset_js;
    pmpo_html(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n"
              "<meta charset=\"utf-8\">\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\""
              "default-src 'none'; base-uri 'none'; form-action 'none'; "
              "style-src ");
    put_hash(b, css);
    pmpo_buf_puts(b, "; script-src ");
    put_hash(b, js);
    pmpo_html(b, "\">\n<meta name=\"viewport\" content=\"width=device-width, "
              "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
              "dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
              "<meta name=\"generator\" content=\"pmpo %s\">\n"
              "<title>%.*s</title>\n<style>", pmpo_version(), (int)title.len,
              title.ptr);
    pmpo_buf_put(b, css);
    pmpo_buf_puts(b, "</style>\n</head>\n");
}

void pmpo_html_page(pmpo_buf *out, pmpo_str title, const pmpo_buf *body)
{
    put_head(out, title);
    pmpo_html(out, "<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
              "result</a>\n");
    pmpo_buf_put(out, pmpo_buf_str(body));
    pmpo_html(out, "<footer>Made by pmpo %s. This page holds everything it "
              "shows: it loads nothing and sends nothing.</footer>\n<div "
              "id=\"tip\" role=\"tooltip\" hidden></div>\n<script>",
              pmpo_version());
    pmpo_buf_put(out, pmpo_asset_js);
    pmpo_buf_puts(out, "</script>\n</body>\n</html>\n");
    out->failed |= body->failed;
}

void pmpo_html_section(pmpo_buf *b, const char *id, const char *title,
                       const char *tells)
{
    pmpo_html(b, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 "
              "id=\"%s-h\">%s</h2>\n<p class=\"tells\">%s</p>\n", id, id, id,
              title, tells);
}
