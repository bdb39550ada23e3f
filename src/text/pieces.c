/* pieces.c: see pieces.h. */
#include "text/pieces.h"

#include "text/demos.h"

static void add(pmpo_span *out, size_t *n, size_t begin, size_t end)
{
    if (*n < PMPO_MAX_PIECES && begin < end) {
        out[(*n)++] = (pmpo_span){begin, end};
    }
}

/* ---- words --------------------------------------------------------------- */

static void words(pmpo_str s, pmpo_span *out, size_t *n)
{
    for (size_t at = 0; at < s.len;) {
        while (at < s.len && pmpo_is_space(s.ptr[at])) {
            at++;
        }
        size_t begin = at;
        while (at < s.len && !pmpo_is_space(s.ptr[at])) {
            at++;
        }
        add(out, n, begin, at);
    }
}

/* ---- clauses ------------------------------------------------------------- */

#define MAX_CUTS 64

/* A mark with white space after it ends a clause; in brackets it doesn't. */
static bool divides(pmpo_str s, size_t at, size_t end)
{
    return strchr(",;:", s.ptr[at]) != NULL && s.ptr[at] != '\0'
           && at + 1 < end && pmpo_is_space(s.ptr[at + 1]);
}

/* Where the words of a sentence end: before its full stop. */
static size_t without_stop(pmpo_str s, pmpo_span sentence)
{
    size_t end = sentence.end;
    while (end > sentence.begin && strchr(".!?", s.ptr[end - 1])
           && s.ptr[end - 1] != '\0') {
        end--;
    }
    return end;
}

/* Text in round brackets, with the brackets, is a separate piece. */
static void brackets(pmpo_str s, pmpo_span sentence, pmpo_span *out, size_t *n)
{
    for (size_t i = sentence.begin; i < sentence.end; i++) {
        size_t end = i + 1;
        while (s.ptr[i] == '(' && end < sentence.end && s.ptr[end] != ')') {
            end++;
        }
        bool whole = i == sentence.begin || end + 1 >= sentence.end;
        if (s.ptr[i] == '(' && end < sentence.end && !whole) {
            add(out, n, i, end + 1);
            i = end;
        }
    }
}

static void clauses_of(pmpo_str s, pmpo_span sentence, pmpo_span *out,
                       size_t *n)
{
    size_t cuts[MAX_CUTS], n_cuts = 0, end = without_stop(s, sentence);
    int depth = 0;
    for (size_t i = sentence.begin; i < end && n_cuts < MAX_CUTS; i++) {
        depth += (s.ptr[i] == '(') - (s.ptr[i] == ')');
        if (depth == 0 && divides(s, i, end)) {
            cuts[n_cuts++] = i;
        }
    }
    /* The first goes with the mark after it, others with that before. */
    for (size_t i = 0; n_cuts > 0 && i <= n_cuts; i++) {
        add(out, n, i == 0 ? sentence.begin : cuts[i - 1],
            i == 0 ? cuts[0] + 1 : i < n_cuts ? cuts[i] : end);
    }
    brackets(s, sentence, out, n);
}

static void instruction_pieces(pmpo_str prompt, pmpo_grain kind,
                               pmpo_span *pieces, size_t *n)
{
    pmpo_span sentences[PMPO_MAX_SEGMENTS];
    size_t k = 0;
    if (kind == PMPO_GRAIN_WORD) {
        words(prompt, pieces, n);
        return;
    }
    pmpo_text_segment(prompt, PMPO_MAX_SEGMENTS, sentences, &k);
    for (size_t i = 0; i < k; i++) {
        if (kind == PMPO_GRAIN_SENTENCE) {
            add(pieces, n, sentences[i].begin, sentences[i].end);
        } else {
            clauses_of(prompt, sentences[i], pieces, n);
        }
    }
}

/* Demonstrations are one piece, whatever the grain. */
void pmpo_text_pieces(pmpo_str prompt, pmpo_grain kind, pmpo_span *pieces,
                      size_t *n)
{
    pmpo_demos d;
    *n = 0;
    pmpo_demos_read(prompt, &d);
    instruction_pieces(d.instruction, kind, pieces, n);
    if (d.n > 0) {
        pmpo_span all = pmpo_demos_span(prompt, &d);
        add(pieces, n, all.begin, all.end);
    }
}
