/* run_record.c: the record: every candidate, the cost and the settings. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/plain.h"
#include "report/html.h"
#include "report/run_page.h"

#define REPLY_BYTES 400 /* of a reply that held no prompt */

/* ---- candidates ------------------------------------------------------------ */

static void put_candidate_loss(pmpo_buf *b, const pmpo_candidate *c)
{
    if (!isfinite(c->loss) && isfinite(c->lower_bound)) {
        pmpo_html(b, "&gt; %.4f", c->lower_bound);
    } else {
        pmpo_html_loss(b, c->loss);
    }
}

static void put_parents(pmpo_buf *b, const pmpo_candidate *c)
{
    for (size_t i = 0; i < c->n_parents; i++) {
        if (c->parents[i] == 0) {
            pmpo_html(b, i ? ", start" : "start");
        } else {
            pmpo_html(b, i ? ", <a href=\"#c%d\">%d</a>"
                           : "<a href=\"#c%d\">%d</a>",
                      c->parents[i], c->parents[i]);
        }
    }
}

static void put_candidate(pmpo_run_page *p, int iteration,
                          const pmpo_candidate *c)
{
    pmpo_buf *b = p->b;
    pmpo_html(b, "<tr id=\"c%d\" class=\"%s\"><td class=\"n\">%d</td><td "
              "class=\"n\">%d</td><td>", c->id,
              c->fate == PMPO_FATE_ACCEPTED ? "accepted" : "", c->id,
              iteration);
    put_parents(b, c);
    pmpo_html(b, "</td><td class=\"n\">");
    put_candidate_loss(b, c);
    pmpo_html(b, "</td><td class=\"n\">%zu</td><td class=\"fate\">%s</td><td "
              "class=\"why\">%s</td><td class=\"text\">",
              pmpo_count_words(c->prompt), pmpo_fate_name(c->fate), c->reason);
    if (c->prompt.len > 0) {
        pmpo_html(b, "%.*s", (int)c->prompt.len, c->prompt.ptr);
    } else {
        pmpo_html(b, "<em>");
        pmpo_html_cut(b, c->reply, REPLY_BYTES);
        pmpo_html(b, "</em>");
    }
    pmpo_html(b, "</td></tr>\n");
}

void pmpo_page_candidates(pmpo_run_page *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->v->n_iterations; i++) {
        n += p->v->iterations[i].n_candidates;
    }
    if (n == 0) {
        return;
    }
    pmpo_html_section(p->b, "candidates", "All candidates",
                      "Every prompt that was tried, what became of it and "
                      "why.");
    pmpo_html(p->b, "<details><summary>Show all %zu</summary><div class=\"wide\" "
              "tabindex=\"0\" role=\"region\" aria-label=\"All candidates\">"
              "<table class=\"candidates\"><thead><tr><th class=\"n\">Id</th>"
              "<th class=\"n\">Iteration</th><th>From</th><th class=\"n\">Loss"
              "</th><th class=\"n\">Words</th><th>Fate</th><th>Reason</th>"
              "<th>Prompt</th></tr></thead><tbody>\n", n);
    for (size_t i = 0; i < p->v->n_iterations; i++) {
        const pmpo_iteration *it = &p->v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            put_candidate(p, it->index, &it->candidates[k]);
        }
    }
    pmpo_html(p->b, "</tbody></table></div></details>\n</section>\n");
}

/* ---- cost -------------------------------------------------------------------- */

static void put_bar(pmpo_run_page *p, const char *name, double n, double of)
{
    double share = of > 0 ? n / of : 0;
    pmpo_html(p->b, "<tr><th scope=\"row\">%s</th><td class=\"n\">", name);
    pmpo_html_count(p->b, n);
    pmpo_html(p->b, "</td><td class=\"bars\"><svg viewBox=\"0 0 200 12\" "
              "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
              "class=\"fill\" width=\"%.1f\" height=\"12\"/></svg></td></tr>\n",
              200 * (share > 1 ? 1 : share));
}

static void put_savings(pmpo_run_page *p)
{
    const pmpo_run_view *v = p->v;
    const pmpo_cost *c = &v->cost;
    pmpo_html(p->b, "<ul>\n");
    if (c->prefill_tokens > 0 && c->logical_tokens > c->prefill_tokens) {
        pmpo_html(p->b, "<li>What prompts, examples and answers have in common "
                  "was read once: %.1f times fewer tokens than whole "
                  "sequences.</li>\n",
                  (double)c->logical_tokens / (double)c->prefill_tokens);
    }
    if (v->n_units_wanted > v->n_units_scored) {
        size_t saved = v->n_units_wanted - v->n_units_scored;
        pmpo_html(p->b, "<li>Candidates that could not win were given up early: "
                  "%zu of %zu units of their scoring on the training part were "
                  "not done (%.0f %%).</li>\n", saved, v->n_units_wanted,
                  100 * (double)saved / (double)v->n_units_wanted);
    }
    if (c->cached_scores > 0) {
        pmpo_html(p->b, "<li>");
        pmpo_html_count(p->b, (double)c->cached_scores);
        pmpo_html(p->b, " scores came from the cache of earlier runs.</li>\n");
    }
    if (c->cached_replies > 0) {
        pmpo_html(p->b, "<li>");
        pmpo_html_count(p->b, (double)c->cached_replies);
        pmpo_html(p->b, " answers and rewrites came from that cache.</li>\n");
    }
    if (isfinite(v->noise_floor)) {
        pmpo_html(p->b, "<li>Noise floor: %.2g nats; a gain has to exceed twice "
                  "that.</li>\n", v->noise_floor);
    }
    pmpo_html(p->b, "</ul>\n");
}

void pmpo_page_cost(pmpo_run_page *p)
{
    const pmpo_cost *c = &p->v->cost;
    double most = fmax((double)c->logical_tokens, (double)c->prefill_tokens);
    pmpo_html_section(p->b, "cost", "What it cost, and what was saved",
                      "In tokens of the models and seconds in them.");
    pmpo_html(p->b, "<div class=\"pair\"><div class=\"box\"><table><tbody>\n");
    put_bar(p, "Whole sequences", (double)c->logical_tokens, most);
    put_bar(p, "Read to score", (double)c->prefill_tokens, most);
    if (c->prompt_tokens > 0) {
        put_bar(p, "Read to rewrite", (double)c->prompt_tokens, most);
    }
    put_bar(p, "Written", (double)c->generated_tokens, most);
    pmpo_html(p->b, "<tr><th scope=\"row\">Time</th><td class=\"n\">");
    pmpo_html_seconds(p->b, c->seconds);
    pmpo_html(p->b, "</td><td></td></tr></tbody></table></div>\n<div "
              "class=\"box\">");
    put_savings(p);
    pmpo_html(p->b, "</div></div>\n</section>\n");
}

/* ---- settings ---------------------------------------------------------------- */

static void put_value(pmpo_buf *b, const char *name, const char *value)
{
    char *end;
    double v = pmpo_read_double(value, &end);
    bool real = *value && !*end && strchr(value, '.');
    if (real) {
        pmpo_html(b, "%.6g", v);
    } else {
        pmpo_html_setting(b, name, value);
    }
}

static void put_settings_table(pmpo_run_page *p)
{
    pmpo_html(p->b, "<details><summary>All settings</summary><div "
              "class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Settings\"><table><tbody>\n");
    for (size_t i = 0; i < p->v->n_settings; i++) {
        pmpo_html(p->b, "<tr><th scope=\"row\">%s</th><td class=\"text\">",
                  p->v->setting_names[i]);
        put_value(p->b, p->v->setting_names[i], p->v->setting_values[i]);
        pmpo_html(p->b, "</td></tr>\n");
    }
    pmpo_html(p->b, "</tbody></table></div></details>\n");
}

/* Of ids and outputs, so that equal data are known by an equal word. */
static bool fingerprint(const pmpo_data *d, char out[33])
{
    pmpo_hasher *h = pmpo_hasher_new();
    for (size_t i = 0; h && i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        pmpo_hasher_str(h, e->id);
        pmpo_hasher_str(h, e->input);
        for (size_t k = 0; k < e->n_messages; k++) {
            pmpo_hasher_str(h, e->messages[k].content);
        }
        pmpo_hasher_str(h, e->target);
    }
    if (h) {
        pmpo_hash_hex(pmpo_hasher_end(h), out);
    }
    pmpo_hasher_free(h);
    return h != NULL;
}

static void put_identities(pmpo_run_page *p)
{
    static const char *const names[] = {"Training data", "Validation data",
                                        "Test data"};
    const pmpo_run_view *v = p->v;
    pmpo_html(p->b,
              "<table><tbody><tr><th scope=\"row\">Scoring model</th>"
              "<td>%s, %s</td><td><code>%s</code></td></tr>\n<tr><th "
              "scope=\"row\">Rewriting model</th><td>%s</td><td><code>%s</code>"
              "</td></tr>\n",
              v->scorer, v->precision, pmpo_page_setting(v, "scorer_identity"),
              v->rewriter, pmpo_page_setting(v, "rewriter_identity"));
    for (int part = 0; part < 3; part++) {
        const pmpo_data *d = p->run->parts[part];
        char hex[33];
        if (d && !fingerprint(d, hex)) {
            p->failed = true;
        } else if (d) {
            pmpo_html(p->b, "<tr><th scope=\"row\">%s</th><td>%zu examples</td>"
                      "<td><code>%s</code></td></tr>\n", names[part],
                      pmpo_data_count(d), hex);
        }
    }
    pmpo_html(p->b, "</tbody></table>\n");
}

void pmpo_page_settings(pmpo_run_page *p)
{
    pmpo_html_section(p->b, "settings", "Settings, and how to do it again",
                      "One machine and build give the same run for the same "
                      "seed. DATA is the file the examples came from, which the "
                      "run file itself holds too; SERVER the address of a "
                      "server, LIBRARY a file of instructions, TEXT one with "
                      "the text. Options that no run keeps are missing: "
                      "--limit, and files of their own for --val and --test.");
    pmpo_page_again(p);
    pmpo_html(p->b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Identities\">\n");
    put_identities(p);
    pmpo_html(p->b, "</div>\n");
    put_settings_table(p);
    pmpo_html(p->b, "</section>\n");
}
