/* retell.c: how much of a prompt is one training example's own.
 *
 * The same idea as of a search engine's term weights (Sparck Jones 1972), with
 * the training part as the collection: what many examples have belongs to the
 * task, what one has belongs to that example. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "data/data.h"
#include "search/guard/guard.h"
#include "text/terms.h"

/* Words that any instruction may have, whatever the examples say. */
static const char common[] =
    "a an the this that these those it its he she they them his her their you your we our i me my "
    "and or but not no nor if then than so as at by for from in into of on onto to up with without "
    "within over under between after before while when where which who whom whose what why how is "
    "are was were be been being am do does did done doing have has had having can could may might "
    "will would shall should must let's lets also only just each every all any some both either "
    "neither one two first second last next other another same different more most less least few "
    "many much very too there here about above below through during until again once per such "
    "own out off down because since using use used based following follow follows given give "
    "gives instruction task input output example question answer problem text message "
    "sentence statement response reply result value information context details data "
    "step steps step-by-step think reason reasoning solve solving solution explain explanation "
    "describe description determine decide identify find calculate compute count check verify "
    "consider analyze analyse read write written wrote understand understood state provide return "
    "classify choose select pick list name show ensure make sure include clear clearly concise "
    "short brief simple specific "
    "correct correctly right wrong true false yes valid final exact exactly accurate number numbers "
    "total amount word words line lines order way part parts "
    "begin end start finish please note carefully directly need needed want break "
    "likely possible best detailed detail complete whole entire main key important relevant";

typedef struct item {
    uint64_t key;
    double weight; /* of one sighting */
} item;

/* Sorted, distinct keys of the words and pairs of a text. */
typedef struct bag {
    uint64_t *keys;
    size_t n;
} bag;

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool has(const bag *b, uint64_t key)
{
    return bsearch(&key, b->keys, b->n, sizeof(key), by_key) != NULL;
}

static void settle(bag *b)
{
    size_t n = 0;
    qsort(b->keys, b->n, sizeof(*b->keys), by_key);
    for (size_t i = 0; i < b->n; i++) {
        if (n == 0 || b->keys[i] != b->keys[n - 1]) {
            b->keys[n++] = b->keys[i];
        }
    }
    b->n = n;
}

static uint64_t pair_key(uint64_t a, uint64_t b)
{
    const uint64_t both[2] = {a, b};
    return pmpo_hash64(both, sizeof(both), 2);
}

#define RUN 8 /* words in a row are no accident */

/* Of the RUN words that end with t[at]; false: there are fewer. */
static bool run_key(const pmpo_term *t, size_t at, uint64_t *out)
{
    uint64_t keys[RUN];
    if (at + 1 < RUN) {
        return false;
    }
    for (size_t i = 0; i < RUN; i++) {
        keys[i] = t[at + 1 - RUN + i].key;
    }
    *out = pmpo_hash64(keys, sizeof(keys), 3);
    return true;
}

/* ---- texts to bags ---------------------------------------------------------- */

/* Single words; with `rows` also pairs and runs. */
static int bag_of(const pmpo_str *texts, size_t n_texts, bool rows,
                  pmpo_arena *mem, bag *out)
{
    size_t room = 0;
    for (size_t i = 0; i < n_texts; i++) {
        room += 3 * (texts[i].len / 2 + 1);
    }
    *out = (bag){pmpo_arena_alloc(mem, room, sizeof(*out->keys)), 0};
    for (size_t i = 0; i < n_texts; i++) {
        pmpo_term *t;
        size_t n;
        if (!out->keys || pmpo_text_terms(texts[i], mem, &t, &n) < 0) {
            return PMPO_ENOMEM;
        }
        for (size_t k = 0; k < n; k++) {
            out->keys[out->n++] = t[k].key;
            if (rows && k > 0) {
                out->keys[out->n++] = pair_key(t[k - 1].key, t[k].key);
            }
            if (rows && run_key(t, k, &out->keys[out->n])) {
                out->n++;
            }
        }
    }
    settle(out);
    return 0;
}

/* An example's texts: input or messages, and the target. */
static int bag_of_example(const pmpo_example *e, pmpo_arena *mem, bag *out)
{
    size_t n = e->n_messages + 2;
    pmpo_str *texts = pmpo_arena_alloc(mem, n, sizeof(*texts));
    if (!texts) {
        return PMPO_ENOMEM;
    }
    texts[0] = e->input;
    texts[1] = e->target;
    for (size_t i = 0; i < e->n_messages; i++) {
        texts[2 + i] = e->messages[i].content;
    }
    return bag_of(texts, n, true, mem, out);
}

static int known_words(const pmpo_guard_input *in, pmpo_arena *mem, bag *out)
{
    const pmpo_example *e = pmpo_data_example(in->train, 0);
    size_t n = 4 + e->n_options;
    pmpo_str *texts = pmpo_arena_alloc(mem, n, sizeof(*texts));
    if (!texts) {
        return PMPO_ENOMEM;
    }
    texts[0] = PMPO_STR(common);
    texts[1] = in->start;
    texts[2] = in->incumbent;
    texts[3] = in->task;
    for (size_t i = 0; i < e->n_options; i++) {
        texts[4 + i] = e->options[i];
    }
    return bag_of(texts, n, true, mem, out);
}

/* ---- the sum ------------------------------------------------------------------ */

typedef struct tally {
    const bag *examples; /* [n] */
    size_t n;
    double *own;         /* [n] */
    double *words;       /* [n]: of single words alone */
    bag seen;            /* keys counted already, unsorted */
} tally;

static size_t examples_with(const tally *t, uint64_t key)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        n += has(&t->examples[i], key);
    }
    return n;
}

/* Adds a key to the sums of the examples that have it; false: seen before. */
static bool add(tally *t, uint64_t key, double weight, bool word)
{
    for (size_t i = 0; i < t->seen.n; i++) {
        if (t->seen.keys[i] == key) {
            return false;
        }
    }
    t->seen.keys[t->seen.n++] = key;
    size_t df = examples_with(t, key);
    if (df == 0) {
        return true;
    }
    double rare = t->n < 2 ? 1 : log((double)t->n / (double)df)
                                     / log((double)t->n);
    for (size_t i = 0; i < t->n; i++) {
        if (has(&t->examples[i], key)) {
            t->own[i] += weight * rare;
            t->words[i] += word ? rare : 0;
        }
    }
    return true;
}

/* Counts the places where RUN words in a row are those of an example, and of
 * no more than half of them: what more have are the task's words. */
static void count_runs(const tally *t, const pmpo_term *terms, size_t n,
                       const bag *known, pmpo_retelling *out)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t key;
        if (run_key(terms, i, &key) && !has(known, key)) {
            size_t df = examples_with(t, key);
            bool rare = df > 0 && (df == 1 || 2 * df <= t->n);
            out->n_runs += rare;
            if (rare && out->run.len == 0) {
                const char *from = terms[i + 1 - RUN].text.ptr;
                out->run = (pmpo_str){from, (size_t)(terms[i].text.ptr
                                                     + terms[i].text.len
                                                     - from)};
            }
        }
    }
}

static void conclude(const tally *t, pmpo_retelling *out)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++) {
        sum += t->own[i];
        if (t->own[i] > t->own[out->example]) {
            out->example = i;
        }
    }
    out->own = t->own[out->example];
    out->others = t->n < 2 ? 0 : (sum - out->own) / (double)(t->n - 1);
    out->share = out->n_words == 0
                     ? 0
                     : t->words[out->example] / (double)out->n_words;
}

/* The words to show: those that the example has and hardly another. */
static void name_words(const tally *t, const pmpo_term *terms, size_t n,
                       const bag *known, pmpo_retelling *out)
{
    const bag *b = &t->examples[out->example];
    size_t k = 0;
    for (size_t i = 0; i < n && k < 3; i++) {
        size_t df = examples_with(t, terms[i].key);
        bool shown = false;
        for (size_t j = 0; j < k; j++) {
            shown |= pmpo_str_eq(out->words[j], terms[i].text);
        }
        if (df > 0 && df * 4 <= t->n + 3 && has(b, terms[i].key) && !shown
            && !has(known, terms[i].key) && !terms[i].marker) {
            out->words[k++] = terms[i].text;
        }
    }
}

static int make_tally(const pmpo_guard_input *in, size_t n_terms,
                      pmpo_arena *mem, tally *t)
{
    t->n = pmpo_data_count(in->train);
    bag *b = pmpo_arena_alloc(mem, t->n, sizeof(*b));
    t->own = pmpo_arena_alloc(mem, t->n, sizeof(double));
    t->words = pmpo_arena_alloc(mem, t->n, sizeof(double));
    t->seen.keys = pmpo_arena_alloc(mem, 2 * n_terms + 1, sizeof(uint64_t));
    t->examples = b;
    int rc = b && t->own && t->words && t->seen.keys ? 0 : PMPO_ENOMEM;
    for (size_t i = 0; rc == 0 && i < t->n; i++) {
        rc = bag_of_example(pmpo_data_example(in->train, i), mem, &b[i]);
    }
    return rc;
}

int pmpo_retell(const pmpo_guard_input *in, pmpo_arena *mem,
                pmpo_retelling *out)
{
    tally t = {0};
    bag known;
    pmpo_term *terms;
    size_t n;
    *out = (pmpo_retelling){0};
    if (pmpo_data_count(in->train) == 0) {
        return 0;
    }
    if (known_words(in, mem, &known) < 0
        || pmpo_text_terms(in->prompt, mem, &terms, &n) < 0
        || make_tally(in, n, mem, &t) < 0) {
        return PMPO_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const pmpo_term *w = &terms[i];
        bool plain = has(&known, w->key) || w->marker;
        double weight = w->name ? 2 : w->number && w->text.len == 1 ? 0.5 : 1;
        if (!plain && add(&t, w->key, weight, true)) {
            out->n_words++;
            out->n_names += w->name && examples_with(&t, w->key) > 0;
        }
        bool both = i > 0 && plain
                    && (has(&known, w[-1].key) || w[-1].marker);
        if (i > 0 && !both) {
            add(&t, pair_key(w[-1].key, w->key), 1, false);
        }
    }
    conclude(&t, out);
    count_runs(&t, terms, n, &known, out);
    name_words(&t, terms, n, &known, out);
    return 0;
}

/* What tells a retelling, in words weighted by how rare they are among the
 * examples (guard.h). Set on the marked candidates of tests/data/guards. */
#define MUCH_OWN 2        /* words of one example that */
#define MUCH_SHARE 0.14   /* are this share of the candidate's */
#define MUCH_TIMES 2.5    /* and so many times what any other example has */
#define LONG_OWN 12       /* in a long candidate, whatever their share, */
#define LONG_TIMES 4
#define NAMED_OWN 1.5     /* with a name of the example among them */
#define NAMED_SHARE 0.25

bool pmpo_retells(const pmpo_retelling *r)
{
    bool much = r->own >= MUCH_OWN && r->share >= MUCH_SHARE
                && r->own >= MUCH_TIMES * r->others;
    bool long_one = r->own >= LONG_OWN && r->own >= LONG_TIMES * r->others;
    bool by_name = r->n_names > 0 && r->own >= NAMED_OWN
                   && r->share >= NAMED_SHARE;
    return much || long_one || by_name || r->n_runs > 0;
}
