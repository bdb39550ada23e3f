/* html.h: writing HTML so that data cannot become markup.
 *
 * Everything is written by one formatting function, which escapes strings as it
 * fills them in. Nothing from a run gets into a buffer in any other way, so
 * escaping can't be forgotten. */
#ifndef PMPO_REPORT_HTML_H
#define PMPO_REPORT_HTML_H

#include "base/str.h"

/* Appends `fmt`, which is markup and must be a literal, with its values: %s and
 * %.*s escaped for text and for quoted attributes, %d, %zu, %.Nf, %+.Nf, %g
 * and %% as printf does. A format that asks for anything else fails the
 * buffer. */
void pmpo_html(pmpo_buf *b, const char *fmt, ...) PMPO_PRINTF(2, 3);

/* Appends `s` escaped. Bytes that are not UTF-8 and control characters other
 * than tab and newline become U+FFFD, so a page is valid whatever it shows. */
void pmpo_html_text(pmpo_buf *b, pmpo_str s);

/* The same for a text that is copied from the page: its carriage returns stay,
 * which a browser would make newlines. Right behind <pre>, put a newline before
 * it, for the first one there is dropped. */
void pmpo_html_copied(pmpo_buf *b, pmpo_str s);

/* The first `max` bytes of `s` (no code point is cut), then an ellipsis where
 * there is more. Escaped. */
void pmpo_html_cut(pmpo_buf *b, pmpo_str s, size_t max);

#define PMPO_SHOWN_INPUT 1500 /* bytes of an example's input */

/* Numbers as people read them, escaped like all else: a count with
 * separators, a loss with four digits or a dash, a duration. */
void pmpo_html_count(pmpo_buf *b, double n);
void pmpo_html_loss(pmpo_buf *b, double v);
void pmpo_html_seconds(pmpo_buf *b, double s);

/* A whole page around what `body` has: head with the Content-Security-Policy
 * that allows the page's own style and script by their hashes and nothing
 * else, style, script. */
void pmpo_html_page(pmpo_buf *out, pmpo_str title, const pmpo_buf *body);

/* Opens a section with a heading and, below it, the explanation `tells`; `id`
 * and `title` are literals. Close it with </section>. */
void pmpo_html_section(pmpo_buf *b, const char *id, const char *title,
                       const char *tells);

#endif
