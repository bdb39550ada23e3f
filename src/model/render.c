/* render.c: instruction, input and answers as tokens.
 *
 * First the template puts the prompt together as pieces (template.h): special
 * ids and runs of plain bytes. All runs but the last are tokenised once. The
 * last one touches the answer, so it is tokenised joined to each target, and
 * the seam is found by counting the bytes that the tokens spell. */
#include "base/error.h"
#include "model/template.h"

/* ---- the prompt as pieces ---------------------------------------------- */

/* Messages under construction: the content of turn i is a[i], a blank line,
 * b[i], where an empty one takes the blank line with it. With `placed`, it is
 * b[i] with that prompt in its places. */
typedef struct turns {
    pmpo_str *roles, *a, *b;
    size_t n;
    const pmpo_str *placed;
} turns;

static void put_turn(turns *t, pmpo_str role, pmpo_str a, pmpo_str b)
{
    t->roles[t->n] = role;
    t->a[t->n] = a;
    t->b[t->n++] = b;
}

static void put_joined(pmpo_pieces *p, pmpo_str a, pmpo_str b)
{
    pmpo_pieces_text(p, a);
    if (a.len && b.len) {
        pmpo_pieces_text(p, PMPO_STR("\n\n"));
    }
    pmpo_pieces_text(p, b);
}

/* How far the line that ends with `text` is indented, if it is nothing but
 * that; else 0. */
static size_t indent_of(pmpo_str text)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] == ' ') {
        at--;
    }
    return at == 0 || text.ptr[at - 1] == '\n' ? text.len - at : 0;
}

/* Its lines after the first are indented as the first one is. */
static void put_indented(pmpo_pieces *p, pmpo_str prompt, pmpo_str indent)
{
    size_t at = 0, end;
    while (indent.len
           && (end = pmpo_str_find(prompt, PMPO_STR("\n"), at)) != SIZE_MAX) {
        pmpo_pieces_text(p, pmpo_str_sub(prompt, at, end + 1));
        pmpo_pieces_text(p, indent);
        at = end + 1;
    }
    pmpo_pieces_text(p, pmpo_str_sub(prompt, at, prompt.len));
}

static void put_placed(pmpo_pieces *p, pmpo_str content, pmpo_str prompt)
{
    size_t at = 0, here;
    while ((here = pmpo_str_find(content, PMPO_PROMPT_PLACE, at)) != SIZE_MAX) {
        pmpo_str before = pmpo_str_sub(content, 0, here);
        size_t n = indent_of(before);
        pmpo_pieces_text(p, pmpo_str_sub(content, at, here));
        put_indented(p, prompt, pmpo_str_sub(content, here - n, here));
        at = here + PMPO_PROMPT_PLACE.len;
    }
    pmpo_pieces_text(p, pmpo_str_sub(content, at, content.len));
}

static bool has_place(const pmpo_example *e)
{
    bool has = pmpo_str_find(e->input, PMPO_PROMPT_PLACE, 0) != SIZE_MAX;
    for (size_t i = 0; i < e->n_messages; i++) {
        has = has || pmpo_str_find(e->messages[i].content, PMPO_PROMPT_PLACE,
                                   0) != SIZE_MAX;
    }
    return has;
}

/* The first or last message of a role; SIZE_MAX: none. */
static size_t find_role(const pmpo_message *m, size_t n, pmpo_str role,
                        bool last)
{
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < n && (last || at == SIZE_MAX); i++) {
        if (pmpo_str_eq(m[i].role, role)) {
            at = i;
        }
    }
    return at;
}

/* t has room for one turn more than there are messages. */
static void make_turns(pmpo_template_kind kind, pmpo_str instruction,
                       const pmpo_example *e, turns *t)
{
    const pmpo_str none = PMPO_STR(""), system = PMPO_STR("system");
    const pmpo_message only = {PMPO_STR("user"), e->input};
    const pmpo_message *m = e->n_messages ? e->messages : &only;
    size_t n = e->n_messages ? e->n_messages : 1;
    bool chat = kind == PMPO_TEMPLATE_CHAT;
    bool suffix = kind == PMPO_TEMPLATE_SUFFIX;
    size_t home = t->placed ? n
                            : find_role(m, n, chat ? system : only.role, suffix);
    if (home == SIZE_MAX && chat && instruction.len) {
        put_turn(t, system, instruction, none);
    }
    for (size_t i = 0; i < n; i++) {
        pmpo_str extra = i == home ? instruction : none;
        if (pmpo_str_eq(m[i].role, system) && !extra.len && !m[i].content.len) {
            continue;
        }
        put_turn(t, m[i].role, suffix ? m[i].content : extra,
                 suffix ? extra : m[i].content);
    }
    if (home == SIZE_MAX && !chat && instruction.len) {
        put_turn(t, only.role, instruction, none);
    }
}

/* The content with the prompt in its places; ptr NULL: out of memory. */
static pmpo_str placed_text(pmpo_str content, pmpo_str prompt, pmpo_arena *mem)
{
    pmpo_pieces p = {0};
    put_placed(&p, content, prompt);
    pmpo_str text = {NULL, 0};
    if (!pmpo_pieces_failed(&p)) {
        text = pmpo_arena_str(mem, pmpo_buf_str(&p.text));
    }
    pmpo_pieces_release(&p);
    return text;
}

/* `a`, a blank line, `b`, where an empty one takes the blank line with it; in
 * `mem`, ptr NULL: no memory. */
static pmpo_str joined_text(pmpo_str a, pmpo_str b, pmpo_arena *mem)
{
    pmpo_buf text = {0};
    pmpo_buf_put(&text, a);
    pmpo_buf_puts(&text, a.len && b.len ? "\n\n" : "");
    pmpo_buf_put(&text, b);
    pmpo_str copy = text.failed ? (pmpo_str){NULL, 0}
                                : pmpo_arena_str(mem, pmpo_buf_str(&text));
    pmpo_buf_release(&text);
    return copy;
}

int pmpo_render_turns(const char *template_name, pmpo_str prompt,
                      const pmpo_example *e, pmpo_arena *mem,
                      pmpo_message **out, size_t *n, pmpo_error *err)
{
    pmpo_template_kind kind;
    pmpo_asked asked;
    int rc = pmpo_template_kind_of(template_name, &kind, err);
    rc = rc < 0 ? rc : pmpo_asked_with(prompt, e, mem, &asked, err);
    if (rc < 0) {
        return rc;
    }
    size_t room = asked.example.n_messages + 2;
    if (kind == PMPO_TEMPLATE_RAW || kind == PMPO_TEMPLATE_FILE) {
        return pmpo_fail(err, PMPO_EUSAGE, "the template %s has no turns: it is "
                         "one text", template_name);
    }
    pmpo_str *strs = pmpo_arena_alloc(mem, 3 * room, sizeof(*strs));
    pmpo_message *m = pmpo_arena_alloc(mem, room, sizeof(*m));
    if (!strs || !m) {
        return pmpo_fail_memory(err);
    }
    turns x = {.roles = strs, .a = strs + room, .b = strs + 2 * room};
    x.placed = kind == PMPO_TEMPLATE_PLACE ? &asked.instruction : NULL;
    make_turns(kind, asked.instruction, &asked.example, &x);
    for (size_t i = 0; i < x.n; i++) {
        m[i].role = pmpo_arena_str(mem, x.roles[i]);
        m[i].content = x.placed ? placed_text(x.b[i], asked.instruction, mem)
                                : joined_text(x.a[i], x.b[i], mem);
        if (!m[i].role.ptr || !m[i].content.ptr) {
            return pmpo_fail_memory(err);
        }
    }
    *out = m;
    *n = x.n;
    return 0;
}

/* The turns in the chat template's words. */
static int put_turns(pmpo_template *t, const turns *x, pmpo_pieces *p,
                     pmpo_error *err)
{
    const pmpo_literals *l;
    int rc = pmpo_template_literals(t, x->roles, x->n, true, &l, err);
    for (size_t i = 0; rc == 0 && i <= x->n; i++) {
        pmpo_pieces_add(p, &l->pieces[i], false);
        if (i < x->n && x->placed) {
            put_placed(p, x->b[i], *x->placed);
        } else if (i < x->n) {
            put_joined(p, x->a[i], x->b[i]);
        }
    }
    return rc;
}

static int compose_chat(pmpo_template *t, pmpo_str instruction,
                        const pmpo_example *e, pmpo_pieces *p, pmpo_error *err)
{
    if (t->kind == PMPO_TEMPLATE_PLACE && !has_place(e)) {
        return pmpo_fail(err, PMPO_EDATA, "no text of the example has a "
                         "{{prompt}}, where the template place puts it");
    }
    size_t room = e->n_messages + 2;
    pmpo_str *strs = pmpo_calloc(3 * room, sizeof(*strs));
    if (!strs) {
        return pmpo_fail_memory(err);
    }
    turns x = {.roles = strs, .a = strs + room, .b = strs + 2 * room};
    x.placed = t->kind == PMPO_TEMPLATE_PLACE ? &instruction : NULL;
    make_turns(t->kind, instruction, e, &x);
    int rc = put_turns(t, &x, p, err);
    pmpo_free(strs);
    return rc;
}

/* The contents as plain text, blank lines between. With `joined`, what the
 * assistant says follows at once, as a target does. */
static void put_contents(pmpo_pieces *p, const pmpo_message *m, size_t n,
                         bool joined)
{
    bool some = false;
    for (size_t i = 0; i < n; i++) {
        bool follows =
            joined && pmpo_str_eq(m[i].role, PMPO_STR("assistant"));
        if (m[i].content.len && some && !follows) {
            pmpo_pieces_text(p, PMPO_STR("\n\n"));
        }
        pmpo_pieces_text(p, m[i].content);
        some = some || m[i].content.len;
    }
}

static void put_input(pmpo_pieces *p, const pmpo_example *e)
{
    if (e->n_messages) {
        put_contents(p, e->messages, e->n_messages, true);
    } else {
        pmpo_pieces_text(p, e->input);
    }
}

static void compose_raw(pmpo_str instruction, const pmpo_example *e,
                        pmpo_pieces *p)
{
    bool has_input = e->n_messages == 0 && e->input.len;
    for (size_t i = 0; i < e->n_messages; i++) {
        has_input = has_input || e->messages[i].content.len;
    }
    pmpo_pieces_text(p, instruction);
    if (instruction.len && has_input) {
        pmpo_pieces_text(p, PMPO_STR("\n\n"));
    }
    put_input(p, e);
}

static int compose_file(const pmpo_template *t, pmpo_str instruction,
                        const pmpo_example *e, pmpo_pieces *p, pmpo_error *err)
{
    if (instruction.len && !t->has_prompt) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "the template file has no {prompt}, so the prompt "
                         "would not be seen");
    }
    bool skip = false;
    for (size_t i = 0; i < t->n_slots; i++) {
        const pmpo_slot *s = &t->slots[i];
        if (s->kind == PMPO_SLOT_LITERAL) {
            pmpo_pieces_add(p, &s->literal, skip);
        } else if (s->kind == PMPO_SLOT_PROMPT) {
            pmpo_pieces_text(p, instruction);
        } else {
            put_input(p, e);
        }
        skip = s->kind == PMPO_SLOT_PROMPT && !instruction.len;
    }
    return 0;
}

static int compose(pmpo_template *t, pmpo_str prompt, const pmpo_example *e,
                   pmpo_pieces *p, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_asked x;
    int rc = pmpo_asked_with(prompt, e, &mem, &x, err);
    if (rc == 0 && t->kind == PMPO_TEMPLATE_RAW) {
        compose_raw(x.instruction, &x.example, p);
    } else if (rc == 0 && t->kind == PMPO_TEMPLATE_FILE) {
        rc = compose_file(t, x.instruction, &x.example, p, err);
    } else if (rc == 0) {
        rc = compose_chat(t, x.instruction, &x.example, p, err);
    }
    pmpo_arena_release(&mem);
    return rc < 0 || !pmpo_pieces_failed(p) ? rc : pmpo_fail_memory(err);
}

/* ---- pieces as tokens -------------------------------------------------- */

/* The first n items of p as tokens; BOS in front where it is due. */
static int tokenize_pieces(const pmpo_vocab *v, const pmpo_pieces *p, size_t n,
                           pmpo_tokens *out, pmpo_error *err)
{
    bool has_bos = p->n && p->items[0].id >= 0 && p->items[0].id == v->bos;
    int rc = 0;
    if (v->add_bos && v->bos >= 0 && !has_bos) {
        rc = pmpo_tokens_put(out, v->bos);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        pmpo_piece x = p->items[i];
        if (x.id >= 0) {
            rc = pmpo_tokens_put(out, x.id);
        } else {
            pmpo_str run = pmpo_str_sub(pmpo_buf_str(&p->text), x.begin, x.end);
            rc = v->tokenize(v->self, run, false, out, err);
            if (rc < 0) {
                return rc;
            }
        }
    }
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

/* Something has to be there for an answer to follow. */
static int put_lone_bos(const pmpo_vocab *v, pmpo_tokens *out, pmpo_error *err)
{
    if (v->bos < 0) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "nothing to condition the answer on: prompt and "
                         "input leave no token before it, and the model has no "
                         "BOS token; use --template @file with words of its "
                         "own before the answer");
    }
    return pmpo_tokens_put(out, v->bos) < 0 ? pmpo_fail_memory(err) : 0;
}

/* ---- the seam ---------------------------------------------------------- */

/* The last run of the prompt joined to one target. */
typedef struct joined {
    pmpo_tokens list;
    size_t *ends; /* byte of the run where each token ends; NULL: the tokens
                   * don't spell the run (a vocabulary that normalises) */
} joined;

typedef struct seam {
    const pmpo_vocab *v;
    pmpo_str tail; /* the prompt's last run; "": it ends with a special */
    joined *each;  /* [n] */
    size_t n;
    bool end;        /* an end-of-turn token will follow each list */
    size_t n_shared; /* leading tokens of each list that are context */
    bool crossed;    /* they stop short of the seam */
} seam;

static void seam_release(seam *s)
{
    for (size_t i = 0; s->each && i < s->n; i++) {
        pmpo_tokens_release(&s->each[i].list);
        pmpo_free(s->each[i].ends);
    }
    pmpo_free(s->each);
}

/* Fills j->ends if the tokens spell `text`, a vocabulary's own leading space
 * (which is no byte of the text) left aside. */
static int find_ends(const pmpo_vocab *v, pmpo_str text, joined *j,
                     pmpo_error *err)
{
    pmpo_buf spelt = {0};
    size_t n = j->list.n;
    size_t *ends = pmpo_calloc(n, sizeof(*ends));
    int rc = ends ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = v->piece(v->self, j->list.ids[i], &spelt, err);
        ends[i] = spelt.len;
    }
    if (rc == 0 && spelt.failed) {
        rc = pmpo_fail_memory(err);
    }
    pmpo_str s = pmpo_buf_str(&spelt);
    size_t added = v->leading_space && s.len == text.len + 1 &&
                   s.ptr[0] == ' ';
    bool faithful = rc == 0 && pmpo_str_eq(pmpo_str_sub(s, added, s.len), text);
    for (size_t i = 0; faithful && i < n; i++) {
        ends[i] -= ends[i] ? added : 0;
    }
    pmpo_buf_release(&spelt);
    if (faithful) {
        j->ends = ends;
    } else {
        pmpo_free(ends);
    }
    return rc;
}

static int join(seam *s, pmpo_str target, joined *j, pmpo_error *err)
{
    pmpo_buf text = {0};
    pmpo_buf_put(&text, s->tail);
    pmpo_buf_put(&text, target);
    int rc = text.failed ? pmpo_fail_memory(err) : 0;
    if (rc == 0 && text.len) {
        rc = s->v->tokenize(s->v->self, pmpo_buf_str(&text), false, &j->list,
                            err);
    }
    if (rc == 0) {
        rc = find_ends(s->v, pmpo_buf_str(&text), j, err);
    }
    if (rc == 0 && j->list.n == 0 && !s->end) {
        rc = pmpo_fail(err, PMPO_EDATA, "an answer without any token");
    }
    pmpo_buf_release(&text);
    return rc;
}

static size_t common(const pmpo_tokens *a, const pmpo_tokens *b, size_t max)
{
    size_t k = 0;
    while (k < max && k < a->n && k < b->n && a->ids[k] == b->ids[k]) {
        k++;
    }
    return k;
}

/* Leading tokens of all lists that end at or before the seam, by bytes. */
static void cut_by_bytes(seam *s, size_t k)
{
    /* The first k tokens are the same in all lists, so are their ends. */
    const size_t *ends = s->each[0].ends;
    while (k > 0 && ends[k - 1] > s->tail.len) {
        k--;
    }
    s->n_shared = k;
    s->crossed = (k ? ends[k - 1] : 0) < s->tail.len;
}

/* The same where bytes can't be counted: as far as the lists begin like the
 * tail tokenised by itself. */
static int cut_by_tokens(seam *s, size_t k, pmpo_error *err)
{
    pmpo_tokens alone = {0};
    int rc = 0;
    if (s->tail.len) {
        rc = s->v->tokenize(s->v->self, s->tail, false, &alone, err);
    }
    s->n_shared = common(&s->each[0].list, &alone, k);
    s->crossed = s->n_shared < alone.n;
    pmpo_tokens_release(&alone);
    return rc;
}

static int find_seam(seam *s, const pmpo_str *targets, pmpo_error *err)
{
    int rc = 0;
    bool faithful = true;
    s->each = pmpo_calloc(s->n, sizeof(*s->each));
    if (!s->each) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < s->n; i++) {
        rc = join(s, targets[i], &s->each[i], err);
        faithful = faithful && s->each[i].ends;
    }
    if (rc < 0) {
        return rc;
    }
    size_t k = SIZE_MAX; /* leave each at least one token to be scored */
    for (size_t i = 0; i < s->n; i++) {
        size_t most = s->each[i].list.n - !s->end;
        k = common(&s->each[0].list, &s->each[i].list, k < most ? k : most);
    }
    if (faithful) {
        cut_by_bytes(s, k);
        return 0;
    }
    return cut_by_tokens(s, k, err);
}

/* ---- rendering --------------------------------------------------------- */

/* head, then each list, then `end` (-1: none), into the arena. */
static int write_out(const pmpo_tokens *head, const seam *s, int32_t end,
                     pmpo_arena *mem, pmpo_rendered *out)
{
    pmpo_rendered_target *t = pmpo_arena_alloc(mem, s->n, sizeof(*t));
    for (size_t i = 0; t && i < s->n; i++) {
        const pmpo_tokens *list = &s->each[i].list;
        size_t n = head->n + list->n;
        int32_t *ids = pmpo_arena_alloc(mem, n + 1, sizeof(*ids));
        if (!ids) {
            return PMPO_ENOMEM;
        }
        if (head->n) {
            memcpy(ids, head->ids, head->n * sizeof(*ids));
        }
        if (list->n) {
            memcpy(ids + head->n, list->ids, list->n * sizeof(*ids));
        }
        if (end >= 0) {
            ids[n++] = end;
        }
        t[i] = (pmpo_rendered_target){ids, n};
    }
    if (!t) {
        return PMPO_ENOMEM;
    }
    *out = (pmpo_rendered){head->n + s->n_shared, s->crossed, t, s->n};
    return 0;
}

/* Splits the composed prompt into the part that no target touches, and the
 * tail. */
static int render_pieces(const pmpo_vocab *v, const pmpo_pieces *p,
                         const pmpo_render_input *in, int32_t end,
                         pmpo_arena *mem, pmpo_rendered *out, pmpo_error *err)
{
    pmpo_tokens head = {0};
    seam s = {.v = v, .tail = PMPO_STR(""), .n = in->n_targets, .end = end >= 0};
    size_t n_head = p->n;
    if (n_head && p->items[n_head - 1].id < 0) {
        pmpo_piece last = p->items[--n_head];
        s.tail = pmpo_str_sub(pmpo_buf_str(&p->text), last.begin, last.end);
    }
    int rc = tokenize_pieces(v, p, n_head, &head, err);
    if (rc == 0) {
        rc = find_seam(&s, in->targets, err);
    }
    if (rc == 0 && head.n + s.n_shared == 0) {
        rc = put_lone_bos(v, &head, err);
    }
    if (rc == 0 && write_out(&head, &s, end, mem, out) < 0) {
        rc = pmpo_fail_memory(err);
    }
    pmpo_tokens_release(&head);
    seam_release(&s);
    return rc;
}

int pmpo_render(pmpo_template *t, const pmpo_render_input *in, pmpo_arena *mem,
                pmpo_rendered *out, pmpo_error *err)
{
    pmpo_pieces p = {0};
    int32_t end_id = -1;
    int rc = 0;
    if (in->n_targets == 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "no answers to render");
    }
    for (size_t i = 0; i < in->n_targets && !in->end; i++) {
        if (in->targets[i].len == 0) {
            return pmpo_fail(err, PMPO_EDATA, "an empty answer");
        }
    }
    if (in->end) {
        rc = pmpo_template_end(t, &end_id, err);
    }
    if (rc == 0) {
        rc = compose(t, in->instruction, in->example, &p, err);
    }
    if (rc == 0) {
        rc = render_pieces(t->v, &p, in, end_id, mem, out, err);
    }
    pmpo_pieces_release(&p);
    return rc;
}

int pmpo_render_prompt(pmpo_template *t, pmpo_str instruction,
                       const pmpo_example *e, pmpo_tokens *out,
                       pmpo_error *err)
{
    pmpo_pieces p = {0};
    size_t before = out->n;
    int rc = compose(t, instruction, e, &p, err);
    if (rc == 0) {
        rc = tokenize_pieces(t->v, &p, p.n, out, err);
    }
    if (rc == 0 && out->n == before) {
        rc = put_lone_bos(t->v, out, err);
    }
    pmpo_pieces_release(&p);
    return rc;
}

static void put_special(const pmpo_vocab *v, int32_t id, pmpo_buf *out)
{
    for (size_t i = 0; i < v->n_specials; i++) {
        if (v->specials[i].id == id) {
            pmpo_buf_put(out, v->specials[i].text);
            return;
        }
    }
}

int pmpo_render_text(pmpo_template *t, pmpo_str instruction,
                     const pmpo_example *e, pmpo_buf *out, pmpo_error *err)
{
    pmpo_pieces p = {0};
    const pmpo_vocab *v = t->v;
    int rc = compose(t, instruction, e, &p, err);
    bool has_bos = rc == 0 && p.n && p.items[0].id >= 0
                   && p.items[0].id == v->bos;
    if (rc == 0 && v->bos >= 0 && !has_bos && (v->add_bos || p.n == 0)) {
        put_special(v, v->bos, out);
    }
    for (size_t i = 0; rc == 0 && i < p.n; i++) {
        pmpo_piece x = p.items[i];
        if (x.id >= 0) {
            put_special(v, x.id, out);
        } else {
            pmpo_buf_put(out, pmpo_str_sub(pmpo_buf_str(&p.text), x.begin,
                                           x.end));
        }
    }
    pmpo_pieces_release(&p);
    return rc < 0 || !out->failed ? rc : pmpo_fail_memory(err);
}

/* ---- chats to go on with ----------------------------------------------- */

static int compose_messages(const pmpo_vocab *v, const pmpo_message *m,
                            size_t n, pmpo_str begun, pmpo_pieces *p,
                            pmpo_error *err)
{
    pmpo_template t = {.v = v, .kind = PMPO_TEMPLATE_CHAT};
    pmpo_str *strs = pmpo_calloc(3 * n, sizeof(*strs));
    if (!strs) {
        return pmpo_fail_memory(err);
    }
    turns x = {.roles = strs, .a = strs + n, .b = strs + 2 * n};
    for (size_t i = 0; i < n; i++) {
        put_turn(&x, m[i].role, PMPO_STR(""), m[i].content);
    }
    int rc = put_turns(&t, &x, p, err);
    if (rc == PMPO_EMODEL) { /* nothing was put yet */
        put_contents(p, m, n, false);
        pmpo_pieces_text(p, begun.len ? PMPO_STR("\n\n") : PMPO_STR(""));
        rc = 0;
    }
    if (rc == 0 && begun.len) {
        pmpo_pieces_text(p, begun);
    }
    pmpo_template_clear(&t);
    pmpo_free(strs);
    return rc < 0 || !pmpo_pieces_failed(p) ? rc : pmpo_fail_memory(err);
}

int pmpo_render_chat(const pmpo_vocab *v, const pmpo_message *messages,
                     size_t n, pmpo_str begun, pmpo_tokens *out,
                     pmpo_error *err)
{
    pmpo_pieces p = {0};
    size_t before = out->n;
    int rc = compose_messages(v, messages, n, begun, &p, err);
    if (rc == 0) {
        rc = tokenize_pieces(v, &p, p.n, out, err);
    }
    if (rc == 0 && out->n == before) {
        rc = put_lone_bos(v, out, err);
    }
    if (rc < 0) {
        out->n = before;
    }
    pmpo_pieces_release(&p);
    return rc;
}

/* ---- prefixes ---------------------------------------------------------- */

bool pmpo_rendered_prefixes(const pmpo_rendered *r)
{
    for (size_t i = 0; i < r->n_targets; i++) {
        for (size_t j = 0; j < r->n_targets; j++) {
            const pmpo_rendered_target *a = &r->targets[i], *b = &r->targets[j];
            if (a->n_ids < b->n_ids &&
                !memcmp(a->ids, b->ids, a->n_ids * sizeof(*a->ids))) {
                return true;
            }
        }
    }
    return false;
}
