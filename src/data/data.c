/* data.c: the set of examples, which the readers make.
 *
 * A set is immutable once made and owns everything in one arena. An example
 * depends on the others of its set in one way only: rejected outputs for
 * free-form answers are drawn from them, and only from them, so that a test
 * part can't leak into a training part. */
#include "data/data.h"

#include <stdlib.h>

#include "base/error.h"
#include "data/set.h"

/* ---- asking ------------------------------------------------------------- */

void pmpo_data_options_init(pmpo_data_options *o)
{
    *o = (pmpo_data_options){.size = sizeof(*o)};
}

void pmpo_data_free(pmpo_data *d)
{
    if (d) {
        pmpo_arena_release(&d->mem);
        pmpo_free(d);
    }
}

size_t pmpo_data_count(const pmpo_data *d)
{
    return d->n;
}

const pmpo_example *pmpo_data_example(const pmpo_data *d, size_t i)
{
    return &d->items[i].e;
}

pmpo_str pmpo_example_input(const pmpo_example *e)
{
    return e->n_messages > 0 ? e->messages[e->n_messages - 1].content
                             : e->input;
}

bool pmpo_data_rejected_drawn(const pmpo_data *d, size_t i)
{
    return d->items[i].drawn;
}

pmpo_str pmpo_data_task(const pmpo_data *d)
{
    return d->task;
}

const char *pmpo_data_name(const pmpo_data *d)
{
    return d->name;
}

int pmpo_fail_at(const pmpo_data *d, const pmpo_example *e, int code,
                 pmpo_error *err)
{
    return pmpo_fail_in(err, code, d->by_index ? "%s: example %d" : "%s:%d",
                        d->name, e->line);
}

static int by_bytes(const void *a, const void *b)
{
    return pmpo_str_cmp(*(const pmpo_str *)a, *(const pmpo_str *)b);
}

/* Letters and digits of a text's two neighbouring bytes belong together. */
static bool joined(char a, char b)
{
    return (pmpo_is_letter(a) || pmpo_is_digit(a)) &&
           (pmpo_is_letter(b) || pmpo_is_digit(b));
}

bool pmpo_answer_place(const pmpo_example *e, size_t *begin, size_t *end)
{
    pmpo_str t = e->target, a = e->answer;
    bool found = false;
    for (size_t at = 0;
         a.len > 0 && (at = pmpo_str_find(t, a, at)) != SIZE_MAX; at++) {
        size_t stop = at + a.len;
        if ((at == 0 || !joined(t.ptr[at - 1], a.ptr[0])) &&
            (stop == t.len || !joined(a.ptr[a.len - 1], t.ptr[stop]))) {
            *begin = at;
            *end = stop;
            found = true;
        }
    }
    return found;
}

pmpo_str pmpo_example_label(const pmpo_example *e)
{
    return e->answer.len ? e->answer : e->target;
}

static pmpo_str target(const pmpo_example *e)
{
    return e->target;
}

/* One text of each example, sorted by bytes, for pmpo_free. NULL: no memory. */
static pmpo_str *sorted(const pmpo_data *d, pmpo_str (*of)(const pmpo_example *))
{
    pmpo_str *t = pmpo_calloc(d->n, sizeof(*t));
    for (size_t i = 0; t && i < d->n; i++) {
        t[i] = of(&d->items[i].e);
    }
    if (t) {
        qsort(t, d->n, sizeof(*t), by_bytes);
    }
    return t;
}

/* Of two equally frequent the first by bytes. */
static int by_count(const void *a, const void *b)
{
    const pmpo_label_count *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n)
                        : pmpo_str_cmp(x->label, y->label);
}

pmpo_label_count *pmpo_data_count_labels(const pmpo_data *d, size_t *n)
{
    pmpo_str *t = sorted(d, pmpo_example_label);
    pmpo_label_count *out = pmpo_calloc(d->n, sizeof(*out));
    *n = 0;
    for (size_t i = 0; t && out && i < d->n; i++) {
        if (i == 0 || !pmpo_str_eq(t[i], t[i - 1])) {
            out[(*n)++].label = t[i];
        }
        out[*n - 1].n++;
    }
    if (t && out) {
        qsort(out, *n, sizeof(*out), by_count);
    } else {
        pmpo_free(out);
        out = NULL;
    }
    pmpo_free(t);
    return out;
}

/* The signature leaves no room for an error: without memory the share is 0 and
 * the label empty. */
double pmpo_data_majority(const pmpo_data *d, pmpo_str *label)
{
    size_t n;
    pmpo_label_count *all = pmpo_data_count_labels(d, &n);
    pmpo_label_count first = {{"", 0}, 0};
    if (all && n > 0) {
        first = all[0];
    }
    pmpo_free(all);
    if (label) {
        *label = first.label;
    }
    return d->n ? (double)first.n / (double)d->n : 0;
}

/* ---- content ------------------------------------------------------------ */

int pmpo_content_hash(const pmpo_example *e, bool outputs, pmpo_hash *out)
{
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return PMPO_ENOMEM;
    }
    /* One user message asks what the same words as an input ask; but ids are
     * made with outputs, and stay what they were. */
    bool one = !outputs && e->n_messages == 1
               && pmpo_str_eq(e->messages[0].role, PMPO_STR("user"));
    size_t n = one ? 0 : e->n_messages;
    pmpo_hasher_u64(h, n);
    for (size_t i = 0; i < n; i++) {
        pmpo_hasher_str(h, e->messages[i].role);
        pmpo_hasher_str(h, e->messages[i].content);
    }
    pmpo_hasher_str(h, one ? e->messages[0].content : e->input);
    if (outputs) {
        pmpo_hasher_str(h, e->target);
        pmpo_hasher_u64(h, e->n_rejected);
        for (size_t i = 0; i < e->n_rejected; i++) {
            pmpo_hasher_str(h, e->rejected[i]);
        }
    }
    *out = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    return 0;
}

int pmpo_reject_options(pmpo_arena *mem, pmpo_example *e)
{
    pmpo_str *list = pmpo_arena_alloc(mem, e->n_options, sizeof(*list));
    if (!list) {
        return PMPO_ENOMEM;
    }
    size_t n = 0;
    for (size_t i = 0; i < e->n_options; i++) {
        if (!pmpo_str_eq(e->options[i], e->target)) {
            list[n++] = e->options[i];
        }
    }
    e->rejected = list;
    e->n_rejected = n;
    return 0;
}

bool pmpo_rejected_are_options(const pmpo_example *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->n_options; i++) {
        if (pmpo_str_eq(e->options[i], e->target)) {
            continue;
        }
        if (n >= e->n_rejected || !pmpo_str_eq(e->rejected[n], e->options[i])) {
            return false;
        }
        n++;
    }
    return n == e->n_rejected;
}

bool pmpo_item_is_pair(const pmpo_item *item)
{
    return item->e.n_rejected && !item->drawn &&
           !pmpo_rejected_are_options(&item->e);
}

bool pmpo_data_has_pairs(const pmpo_data *d)
{
    for (size_t i = 0; i < d->n; i++) {
        if (pmpo_item_is_pair(&d->items[i])) {
            return true;
        }
    }
    return false;
}

/* ---- drawing rejected outputs ------------------------------------------- */

/* Picks up to PMPO_MAX_DRAWN of pool[0..n), distinct strings, none of them the
 * target. Where there is a choice it is a stream seeded by the id that makes
 * it, so it depends on the id and the pool alone. */
static size_t draw(const pmpo_str *pool, size_t n, const pmpo_example *e,
                   pmpo_str *out)
{
    uint64_t state = pmpo_hash64(e->id.ptr, e->id.len, 0);
    size_t taken[PMPO_MAX_DRAWN], k = 0;
    bool all = n <= PMPO_MAX_DRAWN + 1; /* then no luck is needed */
    for (size_t turn = 0; k < PMPO_MAX_DRAWN && (!all || turn < n); turn++) {
        size_t at = all ? turn : (size_t)(pmpo_random(&state) % n);
        bool used = pmpo_str_eq(pool[at], e->target);
        for (size_t i = 0; i < k && !used; i++) {
            used = taken[i] == at;
        }
        if (!used) {
            taken[k] = at;
            out[k++] = pool[at];
        }
    }
    return k;
}

int pmpo_set_draw(pmpo_data *d, pmpo_error *err)
{
    pmpo_str *pool = sorted(d, target);
    if (!pool) {
        return pmpo_fail_memory(err);
    }
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (n == 0 || !pmpo_str_eq(pool[n - 1], pool[i])) {
            pool[n++] = pool[i];
        }
    }
    int rc = 0;
    for (size_t i = 0; i < d->n && rc == 0; i++) {
        if (!d->items[i].drawn) {
            continue;
        }
        pmpo_example *e = &d->items[i].e;
        pmpo_str *list = pmpo_arena_alloc(&d->mem, PMPO_MAX_DRAWN,
                                          sizeof(*list));
        if (!list) {
            rc = pmpo_fail_memory(err);
            break;
        }
        e->rejected = list;
        e->n_rejected = draw(pool, n, e, list);
    }
    pmpo_free(pool);
    return rc;
}

/* ---- subsets ------------------------------------------------------------ */

/* Sets *bad when memory runs out, so that a row of copies is checked once. */
static pmpo_str copy(pmpo_arena *mem, pmpo_str s, bool *bad)
{
    pmpo_str c = pmpo_arena_str(mem, s);
    *bad |= !c.ptr;
    return c;
}

static const pmpo_str *copy_list(pmpo_arena *mem, const pmpo_str *list,
                                 size_t n, bool *bad)
{
    pmpo_str *c = pmpo_arena_alloc(mem, n, sizeof(*c));
    *bad |= !c;
    for (size_t i = 0; i < n && !*bad; i++) {
        c[i] = copy(mem, list[i], bad);
    }
    return c;
}

static const pmpo_message *copy_messages(pmpo_arena *mem,
                                         const pmpo_example *e, bool *bad)
{
    pmpo_message *c = pmpo_arena_alloc(mem, e->n_messages, sizeof(*c));
    *bad |= !c;
    for (size_t i = 0; i < e->n_messages && !*bad; i++) {
        c[i].role = copy(mem, e->messages[i].role, bad);
        c[i].content = copy(mem, e->messages[i].content, bad);
    }
    return c;
}

static bool copy_item(pmpo_arena *mem, const pmpo_item *from, pmpo_item *to)
{
    bool bad = false;
    const pmpo_example *a = &from->e;
    *to = *from;
    pmpo_example *b = &to->e;
    b->id = copy(mem, a->id, &bad);
    b->input = copy(mem, a->input, &bad);
    b->target = copy(mem, a->target, &bad);
    b->answer = copy(mem, a->answer, &bad);
    b->options = copy_list(mem, a->options, a->n_options, &bad);
    b->rejected = copy_list(mem, a->rejected, a->n_rejected, &bad);
    b->messages = copy_messages(mem, a, &bad);
    return !bad;
}

static pmpo_data *new_set(const char *name, pmpo_str task, size_t n)
{
    pmpo_data *d = pmpo_calloc(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    d->name = pmpo_arena_cstr(&d->mem, name);
    d->task = pmpo_arena_str(&d->mem, task);
    d->items = pmpo_arena_alloc(&d->mem, n, sizeof(*d->items));
    d->n = n;
    if (!d->name || !d->task.ptr || !d->items) {
        pmpo_data_free(d);
        return NULL;
    }
    return d;
}

int pmpo_data_subset(const pmpo_data *d, const size_t *idx, size_t n,
                     pmpo_data **out, pmpo_error *err)
{
    pmpo_data *s = new_set(d->name, d->task, n);
    if (!s) {
        return pmpo_fail_memory(err);
    }
    s->by_index = d->by_index;
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (idx[i] >= d->n) {
            rc = pmpo_fail(err, PMPO_EUSAGE, "no example %zu in %s, which has "
                           "%zu", idx[i], d->name, d->n);
        } else if (!copy_item(&s->mem, &d->items[idx[i]], &s->items[i])) {
            rc = pmpo_fail_memory(err);
        }
    }
    if (rc == 0) {
        rc = pmpo_set_draw(s, err);
    }
    if (rc < 0) {
        pmpo_data_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

/* ---- made in memory ----------------------------------------------------- */

int pmpo_data_make(const pmpo_example *examples, size_t n, const char *name,
                   pmpo_data **out, pmpo_error *err)
{
    pmpo_data *s = new_set(name, PMPO_STR(""), n);
    bool ok = s != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        pmpo_item one = {.e = examples[i]};
        one.e.line = (int)i + 1;
        one.e.weight = one.e.weight > 0 ? one.e.weight : 1;
        pmpo_example *e = &s->items[i].e;
        ok = copy_item(&s->mem, &one, &s->items[i]) &&
             (e->n_rejected > 0 || e->n_options == 0 ||
              pmpo_reject_options(&s->mem, e) == 0);
    }
    if (!ok) {
        pmpo_data_free(s);
        return pmpo_fail_memory(err);
    }
    *out = s;
    return 0;
}

/* ---- loading ------------------------------------------------------------ */

int pmpo_data_slurp(const char *path, pmpo_buf *out, pmpo_error *err)
{
    int rc = pmpo_read_file(path, out, err);
    if (rc != PMPO_EIO) {
        return rc;
    }
    if (err) {
        err->code = PMPO_EDATA;
    }
    return PMPO_EDATA;
}

static int check_size(const pmpo_data_options *o, pmpo_error *err)
{
    return !o || o->size == sizeof(*o)
               ? 0
               : pmpo_fail(err, PMPO_EVERSION,
                           "pmpo_data_options of another version of pmpo.h");
}

int pmpo_data_parse(pmpo_str bytes, const char *name,
                    const pmpo_data_options *o, pmpo_data **out,
                    pmpo_error *err)
{
    int rc = check_size(o, err);
    return rc < 0 ? rc
                  : pmpo_set_read(bytes, name, false, o ? o->limit : 0, NULL,
                                  out, err);
}

int pmpo_data_load(const char *path, const pmpo_data_options *o,
                   pmpo_data **out, pmpo_error *err)
{
    if (!path) {
        return pmpo_fail(err, PMPO_EUSAGE, "no data file given");
    }
    pmpo_buf bytes = {0};
    int rc = check_size(o, err);
    rc = rc < 0 ? rc : pmpo_data_slurp(path, &bytes, err);
    if (rc == 0) {
        rc = pmpo_set_read(pmpo_buf_str(&bytes), path, true, o ? o->limit : 0,
                           NULL, out, err);
    }
    pmpo_buf_release(&bytes);
    return rc;
}

int pmpo_data_first(const pmpo_data *d, size_t limit, pmpo_data **out,
                    pmpo_error *err)
{
    *out = NULL;
    if (limit == 0 || limit >= pmpo_data_count(d)) {
        return 0;
    }
    size_t *idx = pmpo_calloc(limit, sizeof(*idx));
    if (!idx) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < limit; i++) {
        idx[i] = i;
    }
    int rc = pmpo_data_subset(d, idx, limit, out, err);
    pmpo_free(idx);
    return rc;
}
