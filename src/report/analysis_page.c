/* analysis_page.c: the page of an analysis: the effects of the prompt's parts,
 * and the answers with the highest losses, token by token. */
#include "report/analysis_page.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "data/data.h"
#include "report/effects.h"
#include "report/html.h"
#include "report/tokens.h"

#define MOST_EXAMPLES 50 /* with the highest losses; the page stays short */

/* ---- verdict ------------------------------------------------------------------ */

static size_t count_of(const pmpo_analysis *a, pmpo_effect what)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_segments; i++) {
        n += pmpo_effect_of(&a->segments[i], a->noise_floor) == what;
    }
    return n;
}

static void put_verdict(pmpo_buf *b, const pmpo_analysis *a)
{
    size_t helps = count_of(a, PMPO_EFFECT_HELPS);
    size_t hurts = count_of(a, PMPO_EFFECT_HURTS);
    size_t unclear = count_of(a, PMPO_EFFECT_UNCLEAR);
    pmpo_html(b, "<p class=\"badge %s\">%zu of %zu parts help</p>\n<h1>",
              helps ? "good" : "even", helps, a->n_segments);
    pmpo_html(b,
              "Of %zu parts %zu help, %zu hurt, and of %zu no clear effect is "
              "shown",
              a->n_segments, helps, hurts, unclear);
    if (helps + hurts + unclear < a->n_segments) {
        pmpo_html(b, "; %zu could not be measured",
                  a->n_segments - helps - hurts - unclear);
    }
    pmpo_html(b, ".</h1>\n<p class=\"facts\">Loss %.4f with the prompt",
              a->loss);
    if (isfinite(a->loss_without)) {
        pmpo_html(b, ", %.4f without any", a->loss_without);
    }
    pmpo_html(b, ". Parts marked by %s%s%s.",
              a->marked_by_model ? "the model" : "fixed rules",
              *a->marking_note ? ": " : "", a->marking_note);
    if (isfinite(a->noise_floor)) {
        pmpo_html(b, " Noise floor %.2g nats: effects below twice that are not "
                  "clear.", a->noise_floor);
    }
    pmpo_html(b, "</p>\n");
}

static void put_parts(pmpo_buf *b, const pmpo_analysis *a)
{
    const pmpo_effects e = {a->segments, a->n_segments, a->prompt,
                            a->noise_floor};
    pmpo_html_section(b, "segments", "What each part is worth",
                      "Each part is replaced by <MASK> in turn; what the loss "
                      "rises by is what the part saves. Bars are 95 % intervals, "
                      "paired by example.");
    if (a->n_segments > 0) {
        pmpo_put_effects(b, &e, "effects");
    } else {
        pmpo_html(b, "<p>The prompt has no part that could be taken out.</p>\n");
    }
    pmpo_html(b, "</section>\n");
}

/* ---- examples ------------------------------------------------------------------- */

static int by_loss(const void *a, const void *b)
{
    const pmpo_example_score *const *x = a, *const *y = b;
    return ((*x)->loss < (*y)->loss) - ((*x)->loss > (*y)->loss);
}

static const pmpo_example *find(const pmpo_data *d, pmpo_str id)
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        if (pmpo_str_eq(pmpo_data_example(d, i)->id, id)) {
            return pmpo_data_example(d, i);
        }
    }
    return NULL;
}

static void put_example(pmpo_buf *b, const pmpo_data *d,
                        const pmpo_example_score *x)
{
    const pmpo_example *e = find(d, x->id);
    const pmpo_target_score *t = &x->targets[0];
    const pmpo_kept_example kept = {.token_ends = t->token_ends,
                                    .token_logprobs = t->token_logprobs,
                                    .n_tokens = t->n_tokens};
    pmpo_html(b, "<div class=\"box\"><h3>%.*s <span class=\"facts\">loss "
              "%.4f</span></h3>\n", (int)x->id.len, x->id.ptr, x->loss);
    pmpo_str input = e ? pmpo_example_input(e) : PMPO_STR("");
    pmpo_html(b, "<div class=\"text facts\">");
    pmpo_html_cut(b, input, PMPO_SHOWN_INPUT);
    pmpo_html(b, "</div>\n");
    if (t->token_ends && t->token_logprobs) {
        pmpo_put_tokens(b, t->text, &kept, NULL);
    } else {
        pmpo_html(b, "<div class=\"text\">%.*s</div>\n", (int)t->text.len,
                  t->text.ptr);
    }
    pmpo_html(b, "</div>\n");
}

static int put_examples(pmpo_buf *b, const pmpo_analysis *a, const pmpo_data *d)
{
    const pmpo_prompt_score *p = a->scores && a->scores->n_prompts
                                     ? a->scores->prompts
                                     : NULL;
    size_t n = p ? p->n_examples : 0;
    const pmpo_example_score **list = pmpo_calloc(n, sizeof(*list));
    if (!list) {
        return PMPO_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = &p->examples[i];
    }
    qsort(list, n, sizeof(*list), by_loss);
    pmpo_html_section(b, "examples", "The costliest answers",
                      "The target under the prompt, token by token: the darker, "
                      "the more the token surprises the model. Highest loss "
                      "first.");
    for (size_t i = 0; i < n && i < MOST_EXAMPLES; i++) {
        if (list[i]->n_targets > 0) {
            put_example(b, d, list[i]);
        }
    }
    pmpo_html(b, "</section>\n");
    pmpo_free(list);
    return 0;
}

int pmpo_report_analysed(const pmpo_analysis *a, const pmpo_data *d,
                         const char *model, pmpo_buf *out, pmpo_error *err)
{
    pmpo_buf body = {0};
    size_t n = a->scores && a->scores->n_prompts
                   ? a->scores->prompts[0].n_examples
                   : 0;
    pmpo_html(&body, "<header><p class=\"kicker\"><b>pmpo</b> analysis of a "
              "prompt <span class=\"facts\">%s, %zu examples</span></p><button "
              "type=\"button\" id=\"theme\" class=\"js\" hidden>Dark or "
              "light</button></header>\n<main id=\"main\">\n", model, n);
    put_verdict(&body, a);
    put_parts(&body, a);
    int rc = put_examples(&body, a, d);
    pmpo_html(&body, "</main>\n");
    pmpo_html_page(out, PMPO_STR("What each part of a prompt is worth"), &body);
    pmpo_buf_release(&body);
    return rc < 0 || out->failed ? pmpo_fail_memory(err) : 0;
}
