/* tokens.c: see tokens.h. */
#include "report/tokens.h"

#include <math.h>

#include "report/html.h"

#define ANSWER_TOKENS 600 /* of an answer that are shown */

/* The class of a token by how much likelier it got, or how costly it is. */
static const char *shade(double change)
{
    static const double steps[] = {0.05, 0.25, 0.7, 1.5};
    static const char *const up[] = {"", "u1", "u2", "u3", "u4"};
    static const char *const down[] = {"", "d1", "d2", "d3", "d4"};
    int k = 0;
    while (k < 4 && fabs(change) >= steps[k]) {
        k++;
    }
    return change > 0 ? up[k] : down[k];
}

static void put_numbers(pmpo_buf *b, const char *name, const float *x,
                        size_t n)
{
    pmpo_html(b, " data-%s=\"", name);
    for (size_t i = 0; i < n; i++) {
        pmpo_html(b, i ? ",%.0f" : "%.0f", 100 * (double)x[i]);
    }
    pmpo_html(b, "\"");
}

void pmpo_put_tokens(pmpo_buf *out, pmpo_str text, const pmpo_kept_example *a,
                     const pmpo_kept_example *b)
{
    size_t n = a->n_tokens < ANSWER_TOKENS ? a->n_tokens : ANSWER_TOKENS;
    size_t at = 0;
    pmpo_html(out, "<div class=\"text tokens\"");
    put_numbers(out, "a", a->token_logprobs, n);
    if (b) {
        put_numbers(out, "b", b->token_logprobs, n);
    }
    pmpo_html(out, ">");
    for (size_t i = 0; i < n; i++) {
        /* A token may end within a character: that one shows it whole. */
        size_t end = a->token_ends[i] < text.len ? a->token_ends[i] : text.len;
        end = pmpo_utf8_floor(text, end);
        end = end < at ? at : end;
        double change = b ? (double)b->token_logprobs[i]
                                - (double)a->token_logprobs[i]
                          : (double)a->token_logprobs[i];
        const char *how = shade(change);
        bool is_end = i > 0 && a->token_ends[i] == a->token_ends[i - 1]
                      && end == text.len;
        pmpo_html(out, *how ? "<i class=\"%s\">" : "<i>", how);
        pmpo_html(out, "%.*s", (int)(end - at), text.ptr + at);
        pmpo_html(out, is_end ? "\xe2\x8f\x8e</i>" : "</i>");
        at = end;
    }
    pmpo_html(out, "%s</div>\n", n < a->n_tokens ? "\xe2\x80\xa6" : "");
}
