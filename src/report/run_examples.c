/* run_examples.c: the examples one by one: which got better, at which tokens
 * of the answer; and which were hard, over time. */
#include <math.h>
#include <stdlib.h>

#include "data/data.h"
#include "report/html.h"
#include "report/run_page.h"
#include "report/tokens.h"

#define HEAD_BYTES 90     /* in its line */
#define ANSWER_BYTES 1200 /* where the tokens are not known */
#define PAGE_BYTES (4u << 20) /* past this, examples are shown without tokens */
#define HARD_ROWS 15

/* ---- answers, token by token ----------------------------------------------- */

/* In words, for those who can't see colours. */
static void put_largest(pmpo_run_page *p, pmpo_str text,
                        const pmpo_kept_example *a, const pmpo_kept_example *b)
{
    size_t most = 0;
    for (size_t i = 1; i < a->n_tokens; i++) {
        double x = fabs((double)(b->token_logprobs[i] - a->token_logprobs[i]));
        double y = fabs((double)(b->token_logprobs[most]
                                 - a->token_logprobs[most]));
        most = x > y ? i : most;
    }
    size_t begin = most > 0 ? a->token_ends[most - 1] : 0;
    size_t end = a->token_ends[most] < text.len ? a->token_ends[most] : text.len;
    begin = pmpo_utf8_floor(text, begin < end ? begin : end);
    while (end < text.len && ((unsigned char)text.ptr[end] & 0xc0) == 0x80) {
        end++; /* a character that is several tokens is shown whole */
    }
    pmpo_html(p->b, "<p class=\"facts\">Largest change: token %zu, "
              "\xe2\x80\x9c%.*s\xe2\x80\x9d, from %.1f to %.1f %%.</p>\n",
              most + 1, (int)(end - begin), text.ptr + begin,
              100 * exp((double)a->token_logprobs[most]),
              100 * exp((double)b->token_logprobs[most]));
}

static bool same_tokens(const pmpo_kept_example *a, const pmpo_kept_example *b)
{
    return a->n_tokens > 0 && a->n_tokens == b->n_tokens
           && !memcmp(a->token_ends, b->token_ends,
                      a->n_tokens * sizeof(*a->token_ends));
}

static void put_answer(pmpo_run_page *p, const pmpo_example *e,
                       const pmpo_kept_example *a, const pmpo_kept_example *b)
{
    pmpo_html(p->b, "<p class=\"name\">%s</p>\n",
              e->n_rejected > 0 ? "Preferred answer" : "Answer");
    bool room = p->b->len < PAGE_BYTES;
    if (room && b && same_tokens(a, b)) {
        pmpo_put_tokens(p->b, e->target, a, b);
        put_largest(p, e->target, a, b);
    } else if (room && !b && a->n_tokens > 0) {
        pmpo_put_tokens(p->b, e->target, a, NULL);
    } else {
        pmpo_html(p->b, "<div class=\"text\">");
        pmpo_html_cut(p->b, e->target, ANSWER_BYTES);
        pmpo_html(p->b, "</div>\n");
    }
}

/* ---- one example -------------------------------------------------------------- */

static void put_right_sign(pmpo_buf *b, int correct)
{
    pmpo_html(b, correct > 0    ? "<span class=\"right\" aria-label=\"right\">"
                                  "\xe2\x9c\x93</span>"
                 : correct == 0 ? "<span class=\"wrong\" aria-label=\"wrong\">"
                                  "\xe2\x9c\x97</span>"
                                : "");
}

static void put_line(pmpo_run_page *p, const pmpo_example *e, pmpo_part part,
                     const pmpo_kept_example *a, const pmpo_kept_example *b)
{
    pmpo_str input = pmpo_str_trim(pmpo_example_input(e));
    pmpo_html(p->b,
              "<summary><span class=\"part\">%s</span> <span "
              "class=\"head\">",
              pmpo_part_name(part));
    pmpo_html_cut(p->b, input, HEAD_BYTES);
    pmpo_html(p->b, "</span> <span class=\"nums\">");
    put_right_sign(p->b, a->correct);
    pmpo_html(p->b, "%.3f", a->loss);
    if (b) {
        /* A gain below half a printed digit is "same". */
        double gain = a->loss - b->loss;
        pmpo_html(p->b, " \xe2\x86\x92 <b class=\"%s\">%.3f</b>",
                  gain > 0.0005 ? "good" : gain < -0.0005 ? "bad" : "same",
                  b->loss);
        put_right_sign(p->b, b->correct);
    }
    pmpo_html(p->b, "</span></summary>\n");
}

static void put_picks(pmpo_run_page *p, const pmpo_kept_example *a,
                      const pmpo_kept_example *b)
{
    if (a->correct < 0) {
        return;
    }
    pmpo_html(p->b, "<p class=\"facts\">Likeliest option: "
              "\xe2\x80\x9c");
    pmpo_html_cut(p->b, a->picked, HEAD_BYTES);
    pmpo_html(p->b, "\xe2\x80\x9d");
    if (b && b->correct >= 0) {
        pmpo_html(p->b, " before, \xe2\x80\x9c");
        pmpo_html_cut(p->b, b->picked, HEAD_BYTES);
        pmpo_html(p->b, "\xe2\x80\x9d after");
    }
    pmpo_html(p->b, ".</p>\n");
}

static void put_example(pmpo_run_page *p, pmpo_part part, size_t i,
                        const pmpo_kept_example *a, const pmpo_kept_example *b)
{
    const pmpo_example *e = pmpo_data_example(p->run->parts[part], i);
    double gain = b ? a->loss - b->loss : 0, last = b ? b->loss : a->loss;
    bool is_known = b && a->correct >= 0 && b->correct >= 0;
    pmpo_html(p->b,
              "<li data-part=\"%s\" data-gain=\"%.5f\" data-loss=\"%.5f\" "
              "data-turn=\"%s\"><details>",
              pmpo_part_name(part), gain, last,
              !is_known || a->correct == b->correct ? ""
              : b->correct                          ? "won"
                                                    : "lost");
    put_line(p, e, part, a, b);
    pmpo_html(p->b, "<p class=\"facts\">Example <code>%.*s</code></p><p "
              "class=\"name\">Input</p><div class=\"text\">", (int)e->id.len,
              e->id.ptr);
    pmpo_html_cut(p->b, pmpo_example_input(e), PMPO_SHOWN_INPUT);
    pmpo_html(p->b, "</div>\n");
    put_answer(p, e, a, b);
    put_picks(p, a, b);
    pmpo_html(p->b, "</details></li>\n");
}

static size_t put_part(pmpo_run_page *p, pmpo_part part)
{
    const pmpo_prompt_losses *a = pmpo_run_losses(p->run, 0, part);
    const pmpo_prompt_losses *b =
        p->v->best_id ? pmpo_run_losses(p->run, p->v->best_id, part) : NULL;
    for (size_t i = 0; a && i < a->n; i++) {
        put_example(p, part, i, &a->examples[i], b ? &b->examples[i] : NULL);
    }
    return a ? a->n : 0;
}

static void put_controls(pmpo_run_page *p)
{
    pmpo_html(p->b, "<div class=\"controls js\" hidden><label>Search <input "
              "type=\"search\" id=\"ex-find\" autocomplete=\"off\"></label> "
              "<label>Sort <select id=\"ex-sort\"><option value=\"\">as in the "
              "data</option><option value=\"gain\">largest gain</option>"
              "<option value=\"fall\">largest fall</option><option "
              "value=\"loss\">highest loss now</option></select></label> "
              "<label>Show <select id=\"ex-show\"><option value=\"\">all"
              "</option><option value=\"training\">training</option><option "
              "value=\"validation\">validation</option><option value=\"test\">"
              "test</option><option value=\"won\">became right</option><option "
              "value=\"lost\">became wrong</option></select></label> <output "
              "id=\"ex-count\" role=\"status\"></output></div>\n");
    if (p->v->best_id) {
        pmpo_html(p->b, "<p class=\"legend\">Tokens of an answer: <span "
                  "class=\"u1\">likelier</span> <span class=\"u3\">much "
                  "likelier</span> <span class=\"d1\">less likely</span> <span "
                  "class=\"d3\">much less</span> under the best prompt. Point at "
                  "a token for its probabilities.</p>\n");
    } else {
        pmpo_html(p->b, "<p class=\"legend\">Tokens of an answer: the redder, "
                  "the less likely under the start prompt.</p>\n");
    }
}

void pmpo_page_examples(pmpo_run_page *p)
{
    bool any = false;
    for (int part = 0; part < 3; part++) {
        any |= pmpo_run_losses(p->run, 0, part) != NULL;
    }
    if (!any) {
        return;
    }
    pmpo_html_section(p->b, "examples", "Example by example",
                      p->v->best_id
                          ? "The loss of each example under the start and the "
                            "best prompt. Open one for its answer, token by "
                            "token."
                          : "The loss of each example under the start prompt. "
                            "Open one for its answer, token by token.");
    put_controls(p);
    pmpo_html(p->b, "<ul class=\"examples\" id=\"ex-list\" tabindex=\"0\" "
              "aria-label=\"Examples\">\n");
    static const int order[] = {PMPO_PART_TEST, PMPO_PART_VALIDATION,
                                PMPO_PART_TRAIN};
    for (size_t i = 0; i < 3; i++) {
        put_part(p, order[i]);
    }
    pmpo_html(p->b, "</ul>\n</section>\n");
}

/* ---- hard cases over time ------------------------------------------------------- */

typedef struct hard_row {
    size_t example; /* of the training part */
    size_t times;
} hard_row;

static bool was_hard(const pmpo_iteration *it, pmpo_str id)
{
    for (size_t i = 0; i < it->n_hard; i++) {
        if (pmpo_str_eq(it->hard_ids[i], id)) {
            return true;
        }
    }
    return false;
}

static int by_times(const void *a, const void *b)
{
    const hard_row *x = a, *y = b;
    return x->times != y->times ? (x->times < y->times ? 1 : -1)
                                : (x->example > y->example)
                                      - (x->example < y->example);
}

static size_t find_hard(pmpo_run_page *p, hard_row **out)
{
    const pmpo_data *d = p->run->parts[PMPO_PART_TRAIN];
    size_t n = 0, all = d ? pmpo_data_count(d) : 0;
    hard_row *rows = pmpo_arena_alloc(p->mem, all + 1, sizeof(*rows));
    *out = rows;
    p->failed |= !rows;
    for (size_t i = 0; rows && i < all; i++) {
        size_t times = 0;
        for (size_t t = 0; t < p->v->n_iterations; t++) {
            times += was_hard(&p->v->iterations[t],
                              pmpo_data_example(d, i)->id);
        }
        if (times > 0) {
            rows[n++] = (hard_row){i, times};
        }
    }
    if (n > 0) {
        qsort(rows, n, sizeof(*rows), by_times);
    }
    return n < HARD_ROWS ? n : HARD_ROWS;
}

/* At the end it is the best prompt's: the last choice may be another than the last
 * accepted candidate. */
static double loss_at(pmpo_run_page *p, size_t column, size_t example)
{
    bool end = column == p->v->n_iterations;
    const pmpo_prompt_losses *l =
        pmpo_run_losses(p->run, end ? p->v->best_id : p->incumbents[column],
                        PMPO_PART_TRAIN);
    return l ? l->examples[example].loss : NAN;
}

static void put_hard_row(pmpo_run_page *p, const hard_row *r, double most)
{
    static const char *const heat[] = {"h0", "h1", "h2", "h3", "h4"};
    const pmpo_example *e =
        pmpo_data_example(p->run->parts[PMPO_PART_TRAIN], r->example);
    pmpo_html(p->b, "<tr><th scope=\"row\">");
    pmpo_html_cut(p->b, pmpo_str_trim(pmpo_example_input(e)), 60);
    pmpo_html(p->b, "</th>");
    for (size_t t = 0; t <= p->v->n_iterations; t++) {
        double loss = loss_at(p, t, r->example);
        bool hard = t < p->v->n_iterations
                    && was_hard(&p->v->iterations[t], e->id);
        if (isfinite(loss)) {
            int k = most > 0 ? (int)(fmax(loss, 0) / most * 4.999) : 0;
            pmpo_html(p->b, "<td class=\"n %s\">%.2f", heat[k], loss);
        } else {
            pmpo_html(p->b, "<td class=\"n\">\xe2\x80\x93");
        }
        pmpo_html(p->b, hard ? " <span aria-label=\"hard case\">\xe2\x97\x86"
                               "</span></td>"
                             : "</td>");
    }
    pmpo_html(p->b, "</tr>\n");
}

void pmpo_page_hard(pmpo_run_page *p)
{
    hard_row *rows;
    size_t n = find_hard(p, &rows);
    double most = 0;
    if (n == 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t <= p->v->n_iterations; t++) {
            double loss = loss_at(p, t, rows[i].example);
            most = isfinite(loss) && loss > most ? loss : most;
        }
    }
    pmpo_html_section(p->b, "hard", "Hard cases over time",
                      "Training examples shown to the rewriter as hard cases "
                      "(\xe2\x97\x86), and their loss under the prompt of the "
                      "time.");
    pmpo_html(p->b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Hard cases\"><table class=\"hard\"><thead><tr>"
              "<th>Example</th>");
    for (size_t t = 0; t < p->v->n_iterations; t++) {
        pmpo_html(p->b, "<th class=\"n\">it. %d</th>",
                  p->v->iterations[t].index);
    }
    pmpo_html(p->b, "<th class=\"n\">end</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        put_hard_row(p, &rows[i], most);
    }
    pmpo_html(p->b, "</tbody></table></div>\n</section>\n");
}
