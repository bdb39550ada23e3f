/* run_prompts.c: the prompts: before and after, the effect of each part, and
 * the origin of each sentence of the best one. */
#include <math.h>
#include <stdio.h>

#include "text/diff.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/effects.h"
#include "report/run_page.h"

/* ---- before and after ---------------------------------------------------- */

/* The text before, the one after, or both in one; changed words are marked. */
typedef enum side { BEFORE, AFTER, BOTH } side;

static int put_pieces(pmpo_buf *b, pmpo_str before, pmpo_str after,
                      pmpo_arena *mem, side which)
{
    pmpo_diff_piece *pieces;
    size_t n;
    if (pmpo_diff(before, after, mem, &pieces, &n) < 0) {
        return PMPO_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        int len = (int)pieces[i].text.len;
        const char *text = pieces[i].text.ptr;
        if (pieces[i].change == PMPO_SAME) {
            pmpo_html(b, "%.*s", len, text);
        } else if (pieces[i].change == PMPO_GONE && which != AFTER) {
            pmpo_html(b, "<del>%.*s</del>", len, text);
        } else if (pieces[i].change == PMPO_NEW && which != BEFORE) {
            pmpo_html(b, "<ins>%.*s</ins>", len, text);
        }
    }
    return 0;
}

int pmpo_put_diff(pmpo_buf *b, pmpo_str before, pmpo_str after, pmpo_arena *mem)
{
    return put_pieces(b, before, after, mem, BOTH);
}

static void put_prompt_box(pmpo_run_page *p, bool after)
{
    pmpo_str prompt = after ? p->v->best.prompt : p->v->initial.prompt;
    pmpo_html(p->b, "<div class=\"box\"><h3>%s <span class=\"facts\">%zu "
              "words</span>", after ? "Best" : "Start",
              pmpo_count_words(prompt));
    if (after) {
        pmpo_html(p->b, "<button type=\"button\" class=\"js copy\" hidden "
                  "data-copy=\"best-text\">Copy</button>");
    }
    pmpo_html(p->b, "</h3>\n<div class=\"text\">");
    if (p->v->best_id == 0) {
        pmpo_html(p->b, "%.*s", (int)prompt.len, prompt.ptr);
    } else {
        p->failed |= put_pieces(p->b, p->v->initial.prompt, p->v->best.prompt,
                                p->mem, after ? AFTER : BEFORE) < 0;
    }
    pmpo_html(p->b, "</div></div>\n");
}

void pmpo_page_prompts(pmpo_run_page *p)
{
    bool changed = p->v->best_id != 0;
    pmpo_html_section(p->b, "prompts", changed ? "The prompt, before and after"
                                               : "The prompt",
                      changed ? "Words that only one of the two has are "
                                "marked."
                              : "No candidate took its place.");
    pmpo_html(p->b, "<div class=\"pair\">\n");
    put_prompt_box(p, false);
    if (changed) {
        put_prompt_box(p, true);
    }
    pmpo_html(p->b, "</div>\n<pre id=\"best-text\" hidden>\n");
    pmpo_html_copied(p->b, p->v->best.prompt);
    pmpo_html(p->b, "</pre>\n</section>\n");
}

/* ---- what each part is worth ---------------------------------------------- */

static void put_effects(pmpo_run_page *p, size_t i)
{
    const pmpo_iteration *it = &p->v->iterations[i];
    const pmpo_effects e = {it->segments, it->n_segments,
                            pmpo_run_prompt(p->v, p->incumbents[i]),
                            p->v->noise_floor};
    char id[32];
    snprintf(id, sizeof(id), "effects%d", it->index);
    pmpo_put_effects(p->b, &e, id);
}

void pmpo_page_segments(pmpo_run_page *p)
{
    const pmpo_run_view *v = p->v;
    size_t last = v->n_iterations;
    for (size_t i = 0; i < v->n_iterations; i++) {
        last = v->iterations[i].n_segments > 0 ? i : last;
    }
    if (last == v->n_iterations) {
        return;
    }
    pmpo_html_section(p->b, "segments", "What each part of the prompt is worth",
                      "Each part is replaced by <MASK> in turn; what the loss "
                      "rises by is what the part saves. Bars are 95 % intervals, "
                      "paired by example.");
    pmpo_html(p->b, "<h3>%s, before iteration %d</h3>\n",
              p->incumbents[last] == 0            ? "The start prompt"
              : p->incumbents[last] == v->best_id ? "The best prompt"
                                                  : "An earlier prompt",
              v->iterations[last].index);
    put_effects(p, last);
    for (size_t i = last; i-- > 0;) {
        bool other = p->incumbents[i] != p->incumbents[i + 1];
        if (v->iterations[i].n_segments > 0 && other) {
            pmpo_html(p->b, "<details><summary>%s, before iteration %d"
                      "</summary>\n", p->incumbents[i] ? "An earlier prompt"
                                                       : "The start prompt",
                      v->iterations[i].index);
            put_effects(p, i);
            pmpo_html(p->b, "</details>\n");
        }
    }
    pmpo_html(p->b, "</section>\n");
}

/* ---- lineage --------------------------------------------------------------- */

/* The end of the sentence at `from`: after a full stop and white space, or a
 * line's end. */
static size_t sentence_end(pmpo_str s, size_t from)
{
    for (size_t i = from; i < s.len; i++) {
        bool stop = s.ptr[i] == '.' || s.ptr[i] == '!' || s.ptr[i] == '?';
        if (s.ptr[i] == '\n'
            || (stop && i + 1 < s.len && pmpo_is_space(s.ptr[i + 1]))) {
            while (i + 1 < s.len && pmpo_is_space(s.ptr[i + 1])) {
                i++;
            }
            return i + 1;
        }
    }
    return s.len;
}

/* The prompts from the best back by first parents, to the start or to a candidate
 * that was made from none; chain[0] is the best. */
static size_t find_chain(pmpo_run_page *p, int **out)
{
    size_t most = 2, n = 0; /* the best and the start */
    for (size_t i = 0; i < p->v->n_iterations; i++) {
        most += p->v->iterations[i].n_candidates;
    }
    int *chain = pmpo_arena_alloc(p->mem, most, sizeof(*chain));
    *out = chain;
    for (int id = p->v->best_id; chain && n < most;) {
        chain[n++] = id;
        const pmpo_candidate *c =
            id > 0 ? pmpo_run_candidate(p->v, id, NULL) : NULL;
        if (!c || c->n_parents == 0) {
            break;
        }
        id = c->parents[0];
    }
    p->failed |= !chain;
    return n;
}

/* A parent of `id` that has the same sentence; -1: none. */
static int parent_with(const pmpo_run_page *p, int id, pmpo_str sentence)
{
    const pmpo_candidate *c =
        id > 0 ? pmpo_run_candidate(p->v, id, NULL) : NULL;
    for (size_t i = 0; c && i < c->n_parents; i++) {
        pmpo_str prompt = pmpo_run_prompt(p->v, c->parents[i]);
        if (c->parents[i] < id
            && pmpo_str_find(prompt, sentence, 0) != SIZE_MAX) {
            return c->parents[i];
        }
    }
    return -1;
}

/* The prompt that the best one has the sentence from. */
static int origin(const pmpo_run_page *p, pmpo_str sentence)
{
    int id = p->v->best_id;
    for (int up; (up = parent_with(p, id, sentence)) >= 0;) {
        id = up;
    }
    return id;
}

static void put_origin(pmpo_run_page *p, int id)
{
    int iteration = 0;
    const pmpo_candidate *c = pmpo_run_candidate(p->v, id, &iteration);
    if (!c) {
        pmpo_html(p->b, "the start prompt");
    } else {
        pmpo_html(p->b, "iteration %d, <a href=\"#c%d\">candidate %d</a>, %s",
                  iteration, id, id, c->proposer);
    }
}

static void put_sentences(pmpo_run_page *p)
{
    pmpo_str s = p->v->best.prompt;
    pmpo_html(p->b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Origin of each sentence\"><table><thead><tr>"
              "<th>Sentence of the best prompt</th><th>There since</th></tr>"
              "</thead><tbody>\n");
    for (size_t at = 0; at < s.len;) {
        size_t end = sentence_end(s, at);
        pmpo_str one = pmpo_str_trim(pmpo_str_sub(s, at, end));
        if (one.len > 0) {
            pmpo_html(p->b, "<tr><td>%.*s</td><td class=\"since\">",
                      (int)one.len, one.ptr);
            put_origin(p, origin(p, one));
            pmpo_html(p->b, "</td></tr>\n");
        }
        at = end;
    }
    pmpo_html(p->b, "</tbody></table></div>\n");
}

/* parent -1: it was made from none, and all of its text is new. */
static void put_step(pmpo_run_page *p, int id, int parent)
{
    int iteration = 0;
    const pmpo_candidate *c = pmpo_run_candidate(p->v, id, &iteration);
    pmpo_html(p->b, "<li><p><b>Iteration %d</b>: candidate %d, %s", iteration,
              id, c ? c->proposer : "");
    if (parent < 0) {
        pmpo_html(p->b, ", made from no other prompt");
    }
    if (c && isfinite(c->loss)) {
        pmpo_html(p->b, ", training loss %.4f", c->loss);
    }
    for (size_t i = 1; c && i < c->n_parents; i++) {
        pmpo_html(p->b, "%s<a href=\"#c%d\">%d</a>", i > 1 ? ", " : ", with ",
                  c->parents[i], c->parents[i]);
    }
    pmpo_html(p->b, "</p><div class=\"text\">");
    p->failed |= pmpo_put_diff(p->b, pmpo_run_prompt(p->v, parent),
                               pmpo_run_prompt(p->v, id), p->mem) < 0;
    pmpo_html(p->b, "</div></li>\n");
}

void pmpo_page_lineage(pmpo_run_page *p)
{
    int *chain;
    size_t n = p->v->best_id == 0 ? 0 : find_chain(p, &chain);
    if (n == 0) {
        return;
    }
    pmpo_html_section(p->b, "lineage", "How the best prompt came to be",
                      "Which step brought each sentence in its present words, "
                      "and what each accepted step changed.");
    put_sentences(p);
    pmpo_html(p->b, "<ol class=\"steps\">\n<li><p><b>Start</b></p><div "
              "class=\"text\">%.*s</div></li>\n",
              (int)p->v->initial.prompt.len, p->v->initial.prompt.ptr);
    if (chain[n - 1] != 0) {
        put_step(p, chain[n - 1], -1);
    }
    for (size_t i = n - 1; i-- > 0;) {
        put_step(p, chain[i], chain[i + 1]);
    }
    pmpo_html(p->b, "</ol>\n</section>\n");
}
