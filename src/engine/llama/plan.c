/* plan.c: the prefix tree of a unit, flattened into waves and batches. */
#include "engine/llama/plan.h"

#include "base/error.h"

#define NONE SIZE_MAX

/* ---- the prefix tree ------------------------------------------------------ */

typedef struct node {
    int32_t token;
    size_t parent, first_child, last_child, next_sibling; /* NONE: no such */
    size_t first_read, last_read;
    bool has_read_row; /* its reads have their row */
    bool lead;
} node;

typedef struct node_read {
    int32_t token;
    size_t to;
    size_t next;
} node_read;

typedef struct tree {
    node *nodes; /* [0] stands for the prefix and has no row */
    size_t n_nodes;
    node_read *reads;
    size_t n_reads;
} tree;

/* A node with no child and no read. */
static node lone_node(int32_t token, size_t parent)
{
    return (node){.token = token,
                  .parent = parent,
                  .first_child = NONE,
                  .last_child = NONE,
                  .next_sibling = NONE,
                  .first_read = NONE,
                  .last_read = NONE};
}

static void tree_init(tree *t)
{
    t->nodes[0] = lone_node(-1, NONE);
    t->nodes[0].lead = true;
    t->n_nodes = 1;
    t->n_reads = 0;
}

/* The child of `at` with `token`, made if there is none. */
static size_t descend(tree *t, size_t at, int32_t token)
{
    for (size_t c = t->nodes[at].first_child; c != NONE;
         c = t->nodes[c].next_sibling) {
        if (t->nodes[c].token == token) {
            return c;
        }
    }
    size_t c = t->n_nodes++;
    t->nodes[c] = lone_node(token, at);
    if (t->nodes[at].first_child == NONE) {
        t->nodes[at].first_child = c;
    } else {
        t->nodes[t->nodes[at].last_child].next_sibling = c;
    }
    t->nodes[at].last_child = c;
    return c;
}

static void add_read(tree *t, size_t at, int32_t token, size_t to)
{
    size_t r = t->n_reads++;
    t->reads[r] = (node_read){token, to, NONE};
    if (t->nodes[at].first_read == NONE) {
        t->nodes[at].first_read = r;
    } else {
        t->reads[t->nodes[at].last_read].next = r;
    }
    t->nodes[at].last_read = r;
}

/* Inserts the fed part of a request; its first target goes to result[to]. */
static void insert(tree *t, const pmpo_request *r, size_t n_prefix, size_t to)
{
    size_t at = 0;
    for (size_t i = n_prefix; i + 1 < r->n_ids; i++) {
        at = descend(t, at, r->ids[i]);
        t->nodes[at].lead = t->nodes[at].lead || i < r->n_lead;
        if (i + 1 >= r->n_context) {
            add_read(t, at, r->ids[i + 1], to + (i + 1 - r->n_context));
        }
    }
}

/* Whatever follows it, a lead predicts nothing that is asked for. Parents were
 * made before their children. */
static void settle_leads(tree *t)
{
    for (size_t i = 1; i < t->n_nodes; i++) {
        node *n = &t->nodes[i];
        n->lead = n->lead && n->first_read == NONE && t->nodes[n->parent].lead;
    }
}

static int build(const pmpo_unit *u, pmpo_arena *mem, tree *t)
{
    size_t most = 1;
    for (size_t i = 0; i < u->n_requests; i++) {
        most += u->requests[i].n_ids;
    }
    t->nodes = pmpo_arena_alloc(mem, most, sizeof(*t->nodes));
    t->reads = pmpo_arena_alloc(mem, pmpo_unit_targets(u), sizeof(*t->reads));
    if (!t->nodes || !t->reads) {
        return PMPO_ENOMEM;
    }
    tree_init(t);
    size_t to = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        insert(t, &u->requests[i], u->n_prefix, to);
        to += u->requests[i].n_ids - u->requests[i].n_context;
    }
    settle_leads(t);
    return 0;
}

/* ---- waves ---------------------------------------------------------------- */

typedef struct flattener {
    const pmpo_plan_limits *limits;
    tree *tree;
    size_t n_prefix;
    size_t *path;      /* nodes from the top to the leaf at hand */
    size_t *open;      /* nodes of the previous leaf's path, this wave */
    size_t *open_rows; /* their rows */
    size_t n_open;
    pmpo_plan_row *rows;
    size_t n_rows;
    pmpo_plan_read *reads;
    size_t n_reads;
    pmpo_plan_wave *waves; /* batches not cut yet: n_rows and sequences only */
    size_t n_waves;
} flattener;

static size_t next_leaf(const tree *t, size_t leaf)
{
    size_t at = leaf;
    while (at != 0 && t->nodes[at].next_sibling == NONE) {
        at = t->nodes[at].parent;
    }
    if (at == 0) {
        return NONE;
    }
    at = t->nodes[at].next_sibling;
    while (t->nodes[at].first_child != NONE) {
        at = t->nodes[at].first_child;
    }
    return at;
}

static size_t path_to(flattener *f, size_t leaf)
{
    size_t n = 0;
    for (size_t at = leaf; at != 0; at = f->tree->nodes[at].parent) {
        n++;
    }
    size_t i = n;
    for (size_t at = leaf; at != 0; at = f->tree->nodes[at].parent) {
        f->path[--i] = at;
    }
    return n;
}

static void emit_reads(flattener *f, size_t at, size_t row)
{
    node *n = &f->tree->nodes[at];
    if (n->has_read_row) {
        return; /* fed again for a later wave, already read in an earlier */
    }
    n->has_read_row = true;
    for (size_t r = n->first_read; r != NONE; r = f->tree->reads[r].next) {
        f->rows[row].output = true;
        f->reads[f->n_reads++] = (pmpo_plan_read){
            row, f->tree->reads[r].token, f->tree->reads[r].to};
    }
}

static int grow_rows(flattener *f, size_t *cap, size_t more)
{
    return PMPO_GROW(f->rows, *cap, f->n_rows + more);
}

/* Whether `rows` more, `leads` of them of leads, fit into the wave. Leads have
 * half of its cells and, where the prefix leaves room, half as many are added:
 * so the same ones are together unless a prompt is twice as long as they. */
static bool fits(const flattener *f, const pmpo_plan_wave *w, size_t rows,
                 size_t leads)
{
    size_t most = f->limits->max_cells, half = most / 2;
    if (w->n_sequences == f->limits->max_sequences) {
        return false;
    }
    if (w->n_lead == 0) {
        return w->n_rows + rows <= most;
    }
    most += f->n_prefix < half ? half : 0;
    return w->n_lead + leads <= half && w->n_rows + rows <= most;
}

/* Adds the path of one leaf to the wave it fits in. */
static int add_leaf(flattener *f, size_t n, size_t *cap)
{
    size_t shared = 0;
    while (shared < f->n_open && shared < n &&
           f->open[shared] == f->path[shared]) {
        shared++;
    }
    size_t leads = 0;
    for (size_t i = shared; i < n; i++) {
        leads += f->tree->nodes[f->path[i]].lead;
    }
    pmpo_plan_wave *w = f->n_waves ? &f->waves[f->n_waves - 1] : NULL;
    if (!w || !fits(f, w, n - shared, leads)) {
        w = &f->waves[f->n_waves++];
        *w = (pmpo_plan_wave){0};
        shared = 0;
    }
    if (grow_rows(f, cap, n - shared) < 0) {
        return PMPO_ENOMEM;
    }
    int32_t seq = (int32_t)w->n_sequences++;
    for (size_t i = 0; i < n; i++) {
        if (i >= shared) {
            size_t at = f->path[i];
            f->open[i] = at;
            f->open_rows[i] = f->n_rows;
            f->rows[f->n_rows++] = (pmpo_plan_row){
                .token = f->tree->nodes[at].token,
                .position = (int32_t)(f->n_prefix + i),
                .seq_begin = seq,
                .lead = f->tree->nodes[at].lead,
            };
            w->n_lead += f->tree->nodes[at].lead;
            emit_reads(f, at, f->open_rows[i]);
        }
        f->rows[f->open_rows[i]].seq_end = seq + 1;
    }
    w->n_rows += n - shared;
    f->n_open = n;
    return 0;
}

static int flatten(flattener *f, pmpo_error *err)
{
    size_t cap = 0;
    size_t leaf = 0;
    while (f->tree->nodes[leaf].first_child != NONE) {
        leaf = f->tree->nodes[leaf].first_child;
    }
    for (; leaf != NONE && leaf != 0; leaf = next_leaf(f->tree, leaf)) {
        size_t n = path_to(f, leaf);
        if (f->n_prefix + n > f->limits->max_context) {
            return pmpo_fail(err, PMPO_ETOOLONG,
                             "%zu tokens, the model's context holds %zu",
                             f->n_prefix + n, f->limits->max_context);
        }
        if (add_leaf(f, n, &cap) < 0) {
            return pmpo_fail_memory(err);
        }
    }
    return 0;
}

/* ---- batches ---------------------------------------------------------------- */

size_t pmpo_plan_piece(size_t begin, size_t n, size_t max)
{
    size_t pieces = (n + max - 1) / max;
    size_t each = pieces ? (n + pieces - 1) / pieces : n;
    return n - begin < each ? n : begin + each;
}

/* Puts the leads of each wave before its other rows, both in their order, and
 * lets the reads follow theirs. `room`: as many rows and numbers of rows. */
static void leads_first(flattener *f, pmpo_plan_row *room, size_t *to)
{
    size_t begin = 0;
    for (size_t w = 0; w < f->n_waves; w++) {
        size_t end = begin + f->waves[w].n_rows, n = begin;
        for (int lead = 1; lead >= 0; lead--) {
            for (size_t i = begin; i < end; i++) {
                if (f->rows[i].lead == (bool)lead) {
                    room[n] = f->rows[i];
                    to[i] = n++;
                }
            }
        }
        f->waves[w].row_begin = begin;
        begin = end;
    }
    memcpy(f->rows, room, f->n_rows * sizeof(*room));
    for (size_t i = 0; i < f->n_reads; i++) { /* rising still: none of a lead */
        f->reads[i].row = to[f->reads[i].row];
    }
}

/* Cuts rows [first, last) into batches from out[n] on; *read: the next read.
 * Returns the number of batches. */
static size_t cut_rows(const flattener *f, size_t first, size_t last,
                       size_t *read, pmpo_plan_batch *out, size_t n)
{
    for (size_t row = first; row < last; n++) {
        size_t end = first + pmpo_plan_piece(row - first, last - first,
                                             f->limits->max_rows);
        size_t outputs = 0;
        pmpo_plan_batch b = {row, row, *read, *read};
        while (row < end &&
               (outputs < f->limits->max_outputs || !f->rows[row].output)) {
            outputs += f->rows[row++].output;
        }
        while (*read < f->n_reads && f->reads[*read].row < row) {
            (*read)++;
        }
        b.row_end = row;
        b.read_end = *read;
        if (out) {
            out[n] = b;
        }
    }
    return n;
}

/* Cuts the rows of each wave into batches. `out` has room for them. */
static size_t cut_batches(const flattener *f, pmpo_plan_batch *out)
{
    size_t n = 0, read = 0;
    for (size_t i = 0; i < f->n_waves; i++) {
        pmpo_plan_wave *w = &f->waves[i];
        size_t rest = w->row_begin + w->n_lead;
        w->batch_begin = n;
        n = w->lead_end = cut_rows(f, w->row_begin, rest, &read, out, n);
        n = w->batch_end =
            cut_rows(f, rest, w->row_begin + w->n_rows, &read, out, n);
    }
    return n;
}

/* ---- all ------------------------------------------------------------------ */

static size_t longest(const pmpo_unit *u)
{
    size_t n = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        n = u->requests[i].n_ids > n ? u->requests[i].n_ids : n;
    }
    return n;
}

static int publish(flattener *f, pmpo_arena *mem, pmpo_plan *out)
{
    pmpo_plan_row *rows = pmpo_arena_alloc(mem, f->n_rows, sizeof(*rows));
    size_t *to = pmpo_arena_alloc(mem, f->n_rows, sizeof(*to));
    if (!rows || !to) {
        return PMPO_ENOMEM;
    }
    if (f->n_rows) {
        leads_first(f, rows, to);
    }
    size_t n_batches = cut_batches(f, NULL);
    pmpo_plan_batch *batches =
        pmpo_arena_alloc(mem, n_batches, sizeof(*batches));
    if (!batches) {
        return PMPO_ENOMEM;
    }
    cut_batches(f, batches);
    size_t most = 0;
    for (size_t i = 0; i < f->n_waves; i++) {
        most = f->waves[i].n_rows > most ? f->waves[i].n_rows : most;
    }
    *out = (pmpo_plan){.n_prefix = f->n_prefix,
                       .rows = rows,
                       .n_rows = f->n_rows,
                       .reads = f->reads,
                       .n_reads = f->n_reads,
                       .batches = batches,
                       .n_batches = n_batches,
                       .waves = f->waves,
                       .n_waves = f->n_waves,
                       .n_cells = f->n_prefix + most};
    return 0;
}

int pmpo_plan_make(const pmpo_unit *u, const pmpo_plan_limits *limits,
                   pmpo_arena *mem, pmpo_plan *out, pmpo_error *err)
{
    int rc = pmpo_unit_check(u, err);
    if (rc < 0) {
        return rc;
    }
    tree t;
    if (build(u, mem, &t) < 0) {
        return pmpo_fail_memory(err);
    }
    size_t deep = longest(u) + 1;
    pmpo_plan_limits own = *limits;
    if (u->repacked) { /* cells and batches of other beginnings and ends */
        own.max_rows = limits->max_rows * 3 / 8 + 1;
        own.max_cells = limits->most_cells ? limits->most_cells : SIZE_MAX / 4;
    }
    flattener f = {
        .limits = &own,
        .tree = &t,
        .n_prefix = u->n_prefix,
        .path = pmpo_arena_alloc(mem, deep, sizeof(size_t)),
        .open = pmpo_arena_alloc(mem, deep, sizeof(size_t)),
        .open_rows = pmpo_arena_alloc(mem, deep, sizeof(size_t)),
        .reads = pmpo_arena_alloc(mem, t.n_reads, sizeof(pmpo_plan_read)),
        .waves = pmpo_arena_alloc(mem, u->n_requests, sizeof(pmpo_plan_wave)),
    };
    if (!f.path || !f.open || !f.open_rows || !f.reads || !f.waves) {
        return pmpo_fail_memory(err);
    }
    rc = flatten(&f, err);
    if (rc == 0 && publish(&f, mem, out) < 0) {
        rc = pmpo_fail_memory(err);
    }
    pmpo_free(f.rows);
    return rc;
}
