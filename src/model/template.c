/* template.c: the words around instruction, input and answer.
 *
 * A chat template is a program that we can only run. So it is run with
 * sentinels as the contents; the texts between them are its literals, the only
 * texts that may contain special tokens. This is right only for a template that
 * treats all contents alike, so it is run twice, with very different sentinels,
 * and refused unless both runs give the same literals. */
#include "model/template.h"

#include "base/error.h"

/* ---- pieces ------------------------------------------------------------ */

static void put_piece(pmpo_pieces *p, pmpo_piece x)
{
    if (PMPO_GROW(p->items, p->cap, p->n + 1) < 0) {
        p->failed = true;
    } else {
        p->items[p->n++] = x;
    }
}

void pmpo_pieces_text(pmpo_pieces *p, pmpo_str bytes)
{
    if (bytes.len == 0) {
        return;
    }
    size_t begin = p->text.len;
    pmpo_buf_put(&p->text, bytes);
    if (p->n && p->items[p->n - 1].id < 0) {
        p->items[p->n - 1].end = p->text.len;
    } else {
        put_piece(p, (pmpo_piece){-1, begin, p->text.len});
    }
}

void pmpo_pieces_special(pmpo_pieces *p, int32_t id)
{
    put_piece(p, (pmpo_piece){id, p->text.len, p->text.len});
}

void pmpo_pieces_add(pmpo_pieces *p, const pmpo_pieces *literal, bool skip)
{
    pmpo_str text = pmpo_buf_str(&literal->text);
    for (size_t i = 0; i < literal->n; i++) {
        pmpo_piece x = literal->items[i];
        if (x.id >= 0) {
            pmpo_pieces_special(p, x.id);
            continue;
        }
        while (skip && i == 0 && x.begin < x.end &&
               (text.ptr[x.begin] == '\n' || text.ptr[x.begin] == '\r')) {
            x.begin++;
        }
        pmpo_pieces_text(p, pmpo_str_sub(text, x.begin, x.end));
    }
}

/* Cuts at the specials from number `k` on. The order is llama.cpp's: all
 * places of the longest text first, then the next in what is left. */
static void cut(pmpo_pieces *p, const pmpo_vocab *v, pmpo_str s, size_t k)
{
    for (; k < v->n_specials && s.len; k++) {
        const pmpo_special *x = &v->specials[k];
        size_t at;
        while ((at = pmpo_str_find(s, x->text, 0)) != SIZE_MAX) {
            pmpo_str left = pmpo_str_sub(s, 0, at);
            s = pmpo_str_sub(s, at + x->text.len, s.len);
            while (x->lstrip && left.len && pmpo_is_space(left.ptr[left.len - 1])) {
                left.len--;
            }
            while (x->rstrip && s.len && pmpo_is_space(s.ptr[0])) {
                s = pmpo_str_sub(s, 1, s.len);
            }
            cut(p, v, left, k + 1);
            pmpo_pieces_special(p, x->id);
        }
    }
    pmpo_pieces_text(p, s);
}

void pmpo_pieces_literal(pmpo_pieces *p, const pmpo_vocab *v, pmpo_str text)
{
    cut(p, v, text, 0);
}

bool pmpo_pieces_failed(const pmpo_pieces *p)
{
    return p->failed || p->text.failed;
}

void pmpo_pieces_release(pmpo_pieces *p)
{
    pmpo_buf_release(&p->text);
    pmpo_free(p->items);
    *p = (pmpo_pieces){0};
}

/* ---- sentinels --------------------------------------------------------- */

#define N_SETS 2 /* of sentinels; see the top of the file */

/* No white space at the ends (templates may trim, our contents they never
 * see); within, the second set has all that a template might escape. No
 * sentinel is part of another. */
static void put_sentinel(pmpo_buf *b, int set, size_t i)
{
    if (set == 0) {
        pmpo_buf_printf(b, "PMPOSENTINEL%zua7f3X", i);
    } else {
        pmpo_buf_printf(b, "q%zu: \"\xc3\xa9\" 'it'\n<b> & \\n {x}\tz", i);
    }
}

/* The template's text for the roles, with sentinels as contents. */
static int run_template(const pmpo_vocab *v, const pmpo_str *roles, size_t n,
                        bool assistant, int set, pmpo_buf *out,
                        pmpo_error *err)
{
    if (!v->chat) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "the model has no chat template: use --template raw "
                         "or --template @file");
    }
    pmpo_arena mem = {0};
    pmpo_buf word = {0};
    pmpo_message *m = pmpo_arena_alloc(&mem, n, sizeof(*m));
    bool ok = m != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        pmpo_buf_clear(&word);
        put_sentinel(&word, set, i);
        m[i].role = roles[i];
        m[i].content = pmpo_arena_str(&mem, pmpo_buf_str(&word));
        ok = !word.failed && m[i].content.ptr;
    }
    int rc = ok ? v->chat(v->self, m, n, assistant, out, err)
                : pmpo_fail_memory(err);
    if (rc == 0 && out->failed) {
        rc = pmpo_fail_memory(err);
    }
    pmpo_buf_release(&word);
    pmpo_arena_release(&mem);
    return rc;
}

static int refuse(pmpo_error *err, const char *why, pmpo_str role)
{
    bool system = pmpo_str_eq(role, PMPO_STR("system"));
    return pmpo_fail(err, PMPO_EMODEL,
                     "the model's chat template %s (role %.*s): use %s"
                     "--template raw or --template @file",
                     why, (int)role.len, role.ptr,
                     system ? "--template user, " : "");
}

/* Cuts `text` at its sentinels into parts[0..n]. */
static int split(pmpo_str text, const pmpo_str *roles, size_t n, int set,
                 pmpo_str *parts, pmpo_error *err)
{
    pmpo_buf word = {0};
    size_t from = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        pmpo_buf_clear(&word);
        put_sentinel(&word, set, i);
        pmpo_str s = pmpo_buf_str(&word);
        size_t at = pmpo_str_find(text, s, 0);
        if (word.failed) {
            rc = pmpo_fail_memory(err);
        } else if (at == SIZE_MAX) {
            rc = refuse(err, "leaves out or changes a message", roles[i]);
        } else if (at < from) {
            rc = refuse(err, "changes the order of messages", roles[i]);
        } else if (pmpo_str_find(text, s, at + s.len) != SIZE_MAX) {
            rc = refuse(err, "repeats a message", roles[i]);
        } else {
            parts[i] = pmpo_str_sub(text, from, at);
            from = at + s.len;
        }
    }
    parts[n] = pmpo_str_sub(text, from, text.len);
    pmpo_buf_release(&word);
    return rc;
}

/* ---- literals of the chat template ------------------------------------- */

static void literals_free(pmpo_literals *l)
{
    for (size_t i = 0; l->pieces && i <= l->n; i++) {
        pmpo_pieces_release(&l->pieces[i]);
    }
    pmpo_free(l->pieces);
    pmpo_buf_release(&l->key);
    pmpo_free(l);
}

/* A new entry of *key, which it takes over whatever happens. */
static pmpo_literals *literals_new(pmpo_buf *key, size_t n)
{
    pmpo_literals *l = pmpo_calloc(1, sizeof(*l));
    if (!l) {
        pmpo_buf_release(key);
        return NULL;
    }
    l->key = *key;
    *key = (pmpo_buf){0};
    l->n = n;
    l->pieces = pmpo_calloc(n + 1, sizeof(*l->pieces));
    if (!l->pieces) {
        literals_free(l);
        return NULL;
    }
    return l;
}

/* Fills l->pieces by running the template on both sets of sentinels. */
static int find_literals(const pmpo_vocab *v, const pmpo_str *roles,
                         bool assistant, pmpo_literals *l, pmpo_error *err)
{
    size_t n = l->n;
    pmpo_buf text[N_SETS] = {{0}};
    pmpo_str *parts = pmpo_calloc(N_SETS * (n + 1), sizeof(*parts));
    int rc = parts ? 0 : pmpo_fail_memory(err);
    for (int set = 0; rc == 0 && set < N_SETS; set++) {
        rc = run_template(v, roles, n, assistant, set, &text[set], err);
        if (rc == 0) {
            rc = split(pmpo_buf_str(&text[set]), roles, n, set,
                       parts + (size_t)set * (n + 1), err);
        }
    }
    for (size_t i = 0; rc == 0 && i <= n; i++) {
        if (!pmpo_str_eq(parts[i], parts[n + 1 + i])) {
            rc = refuse(err, "depends on what a message says",
                        n ? roles[i < n ? i : n - 1] : PMPO_STR("none"));
            break;
        }
        pmpo_pieces_literal(&l->pieces[i], v, parts[i]);
        if (pmpo_pieces_failed(&l->pieces[i])) {
            rc = pmpo_fail_memory(err);
        }
    }
    for (int set = 0; set < N_SETS; set++) {
        pmpo_buf_release(&text[set]);
    }
    pmpo_free(parts);
    return rc;
}

int pmpo_template_literals(pmpo_template *t, const pmpo_str *roles, size_t n,
                           bool assistant, const pmpo_literals **out,
                           pmpo_error *err)
{
    pmpo_buf key = {0};
    pmpo_buf_putc(&key, assistant ? '+' : '-');
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_put(&key, roles[i]);
        pmpo_buf_putc(&key, '\n');
    }
    if (key.failed) {
        pmpo_buf_release(&key);
        return pmpo_fail_memory(err);
    }
    for (const pmpo_literals *l = t->known; l; l = l->next) {
        if (l->n == n && pmpo_str_eq(pmpo_buf_str(&l->key),
                                     pmpo_buf_str(&key))) {
            pmpo_buf_release(&key);
            *out = l;
            return 0;
        }
    }
    pmpo_literals *l = literals_new(&key, n);
    if (!l) {
        return pmpo_fail_memory(err);
    }
    int rc = find_literals(t->v, roles, assistant, l, err);
    if (rc < 0) {
        literals_free(l);
        return rc;
    }
    l->next = t->known;
    t->known = l;
    *out = l;
    return 0;
}

/* ---- the end of a turn ------------------------------------------------- */

/* The first special that a chat template writes after an assistant's words;
 * -1 where it writes none. */
static int chat_end(pmpo_template *t, int32_t *id, pmpo_error *err)
{
    const pmpo_str roles[] = {PMPO_STR("user"), PMPO_STR("assistant")};
    const pmpo_literals *l = NULL;
    int rc = pmpo_template_literals(t, roles, 2, false, &l, err);
    if (rc < 0) {
        return rc;
    }
    const pmpo_pieces *after = &l->pieces[2];
    *id = -1;
    for (size_t i = 0; i < after->n && *id < 0; i++) {
        *id = after->items[i].id;
    }
    return 0;
}

int pmpo_template_end(pmpo_template *t, int32_t *id, pmpo_error *err)
{
    if (!t->end_known) {
        int32_t end = -1;
        if (t->kind < PMPO_TEMPLATE_RAW) {
            int rc = chat_end(t, &end, err);
            if (rc < 0) {
                return rc;
            }
        }
        if (end < 0) {
            end = t->v->eot >= 0 ? t->v->eot : t->v->eos;
        }
        t->end = end;
        t->end_known = true;
    }
    if (t->end < 0) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "the model has no end-of-turn token: use --end no");
    }
    *id = t->end;
    return 0;
}

/* ---- @file ------------------------------------------------------------- */

static int put_slot(pmpo_template *t, pmpo_slot s)
{
    if (PMPO_GROW(t->slots, t->cap_slots, t->n_slots + 1) < 0) {
        pmpo_pieces_release(&s.literal);
        return PMPO_ENOMEM;
    }
    t->slots[t->n_slots++] = s;
    return 0;
}

static int put_literal(pmpo_template *t, pmpo_str text)
{
    pmpo_slot s = {.kind = PMPO_SLOT_LITERAL};
    if (text.len == 0) {
        return 0;
    }
    pmpo_pieces_literal(&s.literal, t->v, text);
    if (pmpo_pieces_failed(&s.literal)) {
        pmpo_pieces_release(&s.literal);
        return PMPO_ENOMEM;
    }
    return put_slot(t, s);
}

/* Takes the file apart at its placeholders. */
static int read_slots(pmpo_template *t, pmpo_str text, bool *has_input)
{
    const pmpo_str prompt = PMPO_STR("{prompt}"), input = PMPO_STR("{input}");
    size_t from = 0;
    for (;;) {
        size_t p = pmpo_str_find(text, prompt, from);
        size_t i = pmpo_str_find(text, input, from);
        size_t at = p < i ? p : i;
        if (put_literal(t, pmpo_str_sub(text, from, at)) < 0) {
            return PMPO_ENOMEM;
        }
        if (at == SIZE_MAX) {
            return 0;
        }
        bool is_prompt = at == p;
        *(is_prompt ? &t->has_prompt : has_input) = true;
        pmpo_slot s = {.kind = is_prompt ? PMPO_SLOT_PROMPT : PMPO_SLOT_INPUT};
        if (put_slot(t, s) < 0) {
            return PMPO_ENOMEM;
        }
        from = at + (is_prompt ? prompt.len : input.len);
    }
}

/* Without what editors put around a text: a byte order mark at the beginning, and
 * the one line end at the end. */
static pmpo_str file_text(pmpo_str s)
{
    if (pmpo_str_starts(s, PMPO_STR("\xef\xbb\xbf"))) {
        s = pmpo_str_sub(s, 3, s.len);
    }
    if (s.len && s.ptr[s.len - 1] == '\n') {
        s.len--;
        if (s.len && s.ptr[s.len - 1] == '\r') {
            s.len--;
        }
    }
    return s;
}

static int open_file(pmpo_template *t, const char *path, pmpo_error *err)
{
    pmpo_buf b = {0};
    bool has_input = false;
    int rc = pmpo_read_file(path, &b, err);
    pmpo_str text = file_text(pmpo_buf_str(&b));
    if (rc == PMPO_EIO) {
        pmpo_fail_in(err, rc, "template");
        if (err) {
            err->code = PMPO_EUSAGE;
        }
        rc = PMPO_EUSAGE;
    } else if (rc == 0 && pmpo_utf8_check(text) != SIZE_MAX) {
        rc = pmpo_fail(err, PMPO_EUSAGE, "template %s: not UTF-8 at byte %zu",
                       path, pmpo_utf8_check(text));
    } else if (rc == 0 && read_slots(t, text, &has_input) < 0) {
        rc = pmpo_fail_memory(err);
    } else if (rc == 0 && !has_input) {
        rc = pmpo_fail(err, PMPO_EUSAGE, "template %s: no {input} in it", path);
    }
    pmpo_buf_release(&b);
    return rc;
}

/* ---- templates --------------------------------------------------------- */

static const struct {
    const char *name;
    pmpo_template_kind kind;
} kinds[] = {
    {"chat", PMPO_TEMPLATE_CHAT},
    {"user", PMPO_TEMPLATE_USER},
    {"user-suffix", PMPO_TEMPLATE_SUFFIX},
    {"place", PMPO_TEMPLATE_PLACE},
    {"raw", PMPO_TEMPLATE_RAW},
};

int pmpo_template_kind_of(const char *name, pmpo_template_kind *kind,
                          pmpo_error *err)
{
    if (!strcmp(name, "@-")) {
        return pmpo_fail(err, PMPO_EUSAGE, "a template can't be read from "
                         "standard input: give a file");
    }
    if (name[0] == '@' && name[1]) {
        *kind = PMPO_TEMPLATE_FILE;
        return 0;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(name, kinds[i].name)) {
            *kind = kinds[i].kind;
            return 0;
        }
    }
    return pmpo_fail(err, PMPO_EUSAGE,
                     "unknown template '%s': chat, user, user-suffix, place, "
                     "raw or @file",
                     name);
}

int pmpo_template_check(const char *name, pmpo_error *err)
{
    pmpo_template_kind kind;
    pmpo_buf text = {0};
    int rc = pmpo_template_kind_of(name, &kind, err);
    if (rc == 0 && kind == PMPO_TEMPLATE_FILE) {
        rc = pmpo_read_file(name + 1, &text, err);
    }
    if (rc == PMPO_EIO) {
        pmpo_fail_in(err, rc, "template");
        if (err) {
            err->code = PMPO_EUSAGE;
        }
        rc = PMPO_EUSAGE;
    }
    pmpo_buf_release(&text);
    return rc;
}

/* A chat template that can't serve should be refused before any work. */
static int try_chat(pmpo_template *t, pmpo_error *err)
{
    const pmpo_str roles[] = {PMPO_STR("system"), PMPO_STR("user")};
    size_t skip = t->kind == PMPO_TEMPLATE_CHAT ? 0 : 1;
    const pmpo_literals *l;
    return pmpo_template_literals(t, roles + skip, 2 - skip, true, &l, err);
}

int pmpo_template_new(const pmpo_vocab *v, const char *name,
                      pmpo_template **out, pmpo_error *err)
{
    pmpo_template_kind kind = PMPO_TEMPLATE_CHAT;
    int rc = pmpo_template_kind_of(name, &kind, err);
    if (rc < 0) {
        return rc;
    }
    if (!v->tokenize) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "the server does not say how it cuts texts into "
                         "tokens: give --tokenizer FILE.gguf; answers to "
                         "chats (--template chat) can do without");
    }
    pmpo_template *t = pmpo_calloc(1, sizeof(*t));
    if (!t) {
        return pmpo_fail_memory(err);
    }
    t->v = v;
    t->kind = kind;
    if (kind == PMPO_TEMPLATE_FILE) {
        rc = open_file(t, name + 1, err);
    } else if (kind != PMPO_TEMPLATE_RAW) {
        rc = try_chat(t, err);
    }
    if (rc < 0) {
        pmpo_template_free(t);
        return rc;
    }
    *out = t;
    return 0;
}

void pmpo_template_clear(pmpo_template *t)
{
    for (size_t i = 0; i < t->n_slots; i++) {
        pmpo_pieces_release(&t->slots[i].literal);
    }
    pmpo_free(t->slots);
    t->slots = NULL;
    t->n_slots = t->cap_slots = 0;
    while (t->known) {
        pmpo_literals *next = t->known->next;
        literals_free(t->known);
        t->known = next;
    }
}

void pmpo_template_free(pmpo_template *t)
{
    if (t) {
        pmpo_template_clear(t);
        pmpo_free(t);
    }
}
