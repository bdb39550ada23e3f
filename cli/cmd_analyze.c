/* cmd_analyze.c: pmpo analyze: the effect of each part of a prompt, and the
 * tokens of an answer that the model finds unlikely. */
#include <math.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

#define BAR 20 /* columns of the longest bar */
#define CELLS 4          /* tokens a line of the heat map */
#define CELL_TEXT 7      /* columns of a token's text */
#define MAX_TOKENS 240   /* of the heat map */

/* ---- blame table -------------------------------------------------------- */

static const char *says(const pmpo_segment_effect *s, double floor)
{
    return pmpo_effect_name(pmpo_effect_of(s, floor));
}

static void put_segment(const pmpo_segment_effect *s, double floor,
                        double largest)
{
    bool known = isfinite(s->effect); /* the text with the mask may not fit */
    double share = known && largest > 0 ? fabs(s->effect) / largest : 0;
    int n = (int)(share * BAR + 0.5);
    char interval[SHORT], effect[SHORT] = "-";
    snprintf(interval, sizeof(interval), "%s",
             known ? "too few examples" : "too long when masked");
    if (known && isfinite(s->low) && isfinite(s->high)) {
        snprintf(interval, sizeof(interval), "%+.4f to %+.4f", s->low,
                 s->high);
    }
    if (known) {
        snprintf(effect, sizeof(effect), "%+.4f", s->effect);
    }
    printf("%10s   %-22s  %-15s  ", effect, interval, says(s, floor));
    for (int i = 0; i < n; i++) {
        putchar(s->effect > 0 ? '+' : '-');
    }
    putchar('\n');
    put_text(stdout, s->text, "      | ");
}

static void put_segments(const pmpo_analysis *a)
{
    double largest = 0;
    for (size_t i = 0; i < a->n_segments; i++) {
        double v = fabs(a->segments[i].effect);
        largest = v > largest ? v : largest;
    }
    put_heading("what each part is worth, in nats of loss without it");
    printf("%10s   %-22s\n", "effect", "95 % interval");
    for (size_t i = 0; i < a->n_segments; i++) {
        put_segment(&a->segments[i], a->noise_floor, largest);
    }
    if (a->n_segments == 0) {
        printf("The prompt has no part that could be taken out.\n");
    }
}

/* ---- the coloured prompt -------------------------------------------------- */

/* Backgrounds of the 256 colours, by size of the effect; text on them black. */
static const char *colour_of_part(const pmpo_segment_effect *s, double floor,
                                  double largest)
{
    static const char *const helps[] = {"\033[30;48;5;194m", "\033[30;48;5;157m",
                                        "\033[30;48;5;120m", "\033[30;48;5;83m"};
    static const char *const hurts[] = {"\033[30;48;5;224m", "\033[30;48;5;217m",
                                        "\033[30;48;5;210m", "\033[30;48;5;203m"};
    pmpo_effect what = pmpo_effect_of(s, floor);
    if ((what != PMPO_EFFECT_HELPS && what != PMPO_EFFECT_HURTS) ||
        !(largest > 0)) {
        return ""; /* no number among these */
    }
    int k = (int)(fabs(s->effect) / largest * 3.999); /* 0..3, the largest: 3 */
    return (what == PMPO_EFFECT_HELPS ? helps : hurts)[k];
}

/* Only where colours say something; the table has the same in words. */
static void put_coloured(const pmpo_analysis *a)
{
    text_mark *marks = cli_grow(NULL, a->n_segments, sizeof(*marks));
    double largest = 0;
    for (size_t i = 0; i < a->n_segments; i++) {
        largest = fmax(largest, fabs(a->segments[i].effect));
    }
    for (size_t i = 0; i < a->n_segments; i++) {
        const pmpo_segment_effect *s = &a->segments[i];
        marks[i] = (text_mark){s->begin, s->end,
                               colour_of_part(s, a->noise_floor, largest)};
    }
    put_heading("the prompt: \033[30;48;5;120m helps \033[0m, "
                "\033[30;48;5;210m hurts \033[0m, no clear effect");
    put_marked(stdout, a->prompt, "  | ", marks, a->n_segments);
    cli_free(marks);
}

/* ---- heat map ----------------------------------------------------------- */

/* The example with the highest loss; NULL: none. */
static const pmpo_example_score *costliest(const pmpo_analysis *a)
{
    const pmpo_example_score *worst = NULL;
    const pmpo_prompt_score *p =
        a->scores && a->scores->n_prompts ? a->scores->prompts : NULL;
    for (size_t i = 0; p && i < p->n_examples; i++) {
        const pmpo_example_score *e = &p->examples[i];
        if (e->n_targets > 0 && (!worst || e->loss > worst->loss)) {
            worst = e;
        }
    }
    return worst;
}

/* Backgrounds from calm to alarming, of the 256 colours. */
static int colour_of(double nats)
{
    static const struct {
        double below;
        int colour;
    } steps[] = {{0.1, 0}, {0.5, 229}, {1, 222}, {2, 215}, {4, 209}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (nats < steps[i].below) {
            return steps[i].colour;
        }
    }
    return 203;
}

/* The part of the target that is in token i; of the prompt's last bytes, of the
 * end of the turn and of unknown vocabularies nothing. */
static pmpo_str token_text(const pmpo_target_score *t, size_t i)
{
    size_t begin = t->token_ends && i > 0 ? t->token_ends[i - 1] : 0;
    size_t end = t->token_ends ? t->token_ends[i] : 0;
    return end > begin ? (pmpo_str){t->text.ptr + begin, end - begin}
                       : (pmpo_str){"", 0};
}

static void put_cell(double nats, pmpo_str text)
{
    int colour = has_colour() ? colour_of(nats) : 0;
    if (colour) {
        printf("\033[30;48;5;%dm%7.3f \033[0m ", colour, nats);
    } else {
        printf("%7.3f  ", nats);
    }
    put_column(stdout, text, CELL_TEXT);
}

static void put_heat(const pmpo_example_score *e, bool end_token)
{
    const pmpo_target_score *t = &e->targets[0];
    char heading[100];
    size_t n = t->n_tokens < MAX_TOKENS ? t->n_tokens : MAX_TOKENS;
    snprintf(heading, sizeof(heading), "the costliest example's answer, nats "
             "a token");
    put_heading(heading);
    put_fact("example", "%.*s, loss %.4f", (int)e->id.len, e->id.ptr, e->loss);
    put_text(stdout, t->text, "      | ");
    for (size_t i = 0; t->token_logprobs && i < n; i++) {
        if (i % CELLS == 0) {
            printf("%stoken %4zu ", i ? "\n" : "", i + 1);
        }
        put_cell(fabs((double)t->token_logprobs[i]), token_text(t, i));
    }
    putchar('\n');
    if (t->n_tokens > n) {
        printf("and %zu tokens more\n", t->n_tokens - n);
    }
    if (end_token) {
        printf("The last token is the end of the turn.\n");
    }
}

/* ---- output ------------------------------------------------------------- */

static void analyze_text(const options *o, const session *s,
                         const pmpo_analysis *a)
{
    const pmpo_example_score *worst = costliest(a);
    put_model(o, s->scorer);
    if (s->rewriter) {
        put_fact("marked by", "%s", pmpo_model_describe(s->rewriter)->name);
    }
    char without[SHORT];
    put_fact("loss", "%s, the mean over %zu examples",
             pmpo_loss_name(a->scores->loss), a->scores->prompts[0].n_examples);
    put_fact("prompt", "%.4f nats of loss with it, %s without any prompt",
             a->loss,
             isfinite(a->loss_without) ? show_loss(a->loss_without, without)
                                       : "not measured");
    put_fact("parts", "marked by %s%s%s",
             a->marked_by_model ? "the model" : "fixed rules",
             a->marking_note && *a->marking_note ? ": " : "",
             a->marking_note ? a->marking_note : "");
    put_segments(a);
    if (has_colour() && a->n_segments > 0) {
        put_coloured(a);
    }
    if (worst) {
        put_heat(worst, a->scores->end_token);
    }
    putchar('\n');
    if (isfinite(a->noise_floor)) {
        put_fact("noise floor", "%.2g nats: effects below twice that are not "
                 "clear", a->noise_floor);
    }
    put_cost(&a->cost);
}

static void analyze_json(const options *o, const session *s,
                         const pmpo_analysis *a)
{
    json_t *j = js_object(), *segments = js_array();
    for (size_t i = 0; i < a->n_segments; i++) {
        json_t *one = js_segment(&a->segments[i]);
        js_put(one, "verdict", js_text(says(&a->segments[i],
                                            a->noise_floor)));
        js_add(segments, one);
    }
    js_put(j, "prompt", js_str(a->prompt));
    js_put(j, "loss", js_number(a->loss));
    js_put(j, "loss_without", js_number(a->loss_without));
    js_put(j, "marked_by_model", js_bool(a->marked_by_model));
    js_put(j, "marking_note", js_text(a->marking_note));
    js_put(j, "segments", segments);
    if (a->scores && a->scores->n_prompts > 0) {
        js_put(j, "score", js_prompt(&a->scores->prompts[0]));
        js_put(j, "settings", js_settings(o, a->scores->loss,
                                          a->scores->end_token));
    }
    js_put(j, "model", js_model(s->scorer));
    js_put(j, "noise_floor", js_number(a->noise_floor));
    js_put(j, "cost", js_cost(&a->cost));
    js_print(j);
}

static int put_page(const options *o, const session *s, const pmpo_data *d,
                    const pmpo_analysis *a, pmpo_error *err)
{
    pmpo_report *r = NULL;
    int rc = pmpo_report_analysis(a, d, pmpo_model_describe(s->scorer)->name,
                                  &r, err);
    rc = rc < 0 ? rc : cli_write_page(o, o->html, r, err);
    pmpo_report_free(r);
    return rc;
}

/* ---- the command -------------------------------------------------------- */

static int analyze(const options *o, const pmpo_data *d, pmpo_str prompt,
                   pmpo_error *err)
{
    session s;
    pmpo_analysis *a = NULL;
    pmpo_analyze_options ao;
    pmpo_analyze_options_init(&ao);
    cli_score_options(o, &ao.score);
    ao.max_segments = o->segments;
    int rc = pmpo_score_check(&ao.score, d, err);
    if (rc < 0) {
        return rc;
    }
    rc = session_open(o, &s, err);
    ao.rewriter = s.rewriter;
    rc = rc < 0 ? rc : pmpo_analyze(s.scorer, d, prompt, &ao, &a, err);
    progress_end();
    if (rc == 0 && o->json) {
        analyze_json(o, &s, a);
    } else if (rc == 0 && !(o->html && !strcmp(o->html, "-"))) {
        analyze_text(o, &s, a);
    }
    rc = rc == 0 && o->html ? put_page(o, &s, d, a, err) : rc;
    if (a && a->scores && a->scores->warning && *a->scores->warning &&
        !o->quiet) {
        fflush(stdout);
        cli_warn("%s", a->scores->warning);
    }
    pmpo_analysis_free(a);
    session_close(&s);
    return rc;
}

int cmd_analyze(const options *o, pmpo_error *err)
{
    pmpo_data *d = NULL;
    pmpo_str prompt;
    int rc = cli_prompt(o, &prompt, err);
    rc = rc == 0 && o->html ? cli_check_page(o->html, o->force, err) : rc;
    rc = rc < 0 ? rc : cli_data(o, &d, err);
    rc = rc < 0 ? rc : analyze(o, d, prompt, err);
    pmpo_data_free(d);
    return rc;
}
