/* http_vocab.c: tokens and chats by a server's own tokeniser.
 *
 * Such a server parses the text of a special token anywhere in a text, but
 * pmpo_vocab must not (model/model.h). So plain text that contains one is sent
 * in pieces, cut after its first code point, which can't form one any more. The
 * server does not say which tokens are special: a token counts as special if it
 * looks like one and is kept whole in any surroundings. This is found out when
 * a text has one.
 *
 * Results are remembered, because rendering repeats the same texts. A request
 * has one text, because vLLM's /tokenize accepts only one. */
#include "base/error.h"
#include "base/hash.h"
#include "engine/http/asks.h"
#include "engine/http/http_engine.h"
#include "engine/http/token_text.h"

#define PATH_TOKENS "^/tokenize"
#define PATH_TEXT "^/detokenize"
#define MOST_REMEMBERED ((size_t)64 << 20) /* bytes of texts and ids */
#define MOST_TOKEN_ID 4000000

typedef enum kind { NEW, DOUBTFUL, ORDINARY, SPECIAL } kind;

typedef struct word {
    pmpo_str bytes; /* ptr NULL: not known yet */
    kind kind;
} word;

typedef struct memory {
    struct memory *next; /* of the same slot */
    pmpo_str text;
    int32_t *ids;
    size_t n;
} memory;

#define N_SLOTS 16384 /* of a hash table, a power of 2 */

struct pmpo_remote_vocab {
    pmpo_http *talk;
    const char *model;
    struct pmpo_model *m;
    bool names; /* replies have the tokens' names */
    pmpo_token_style style;
    size_t max_context;
    word *words; /* by id */
    size_t n_words, cap_words;
    memory *slots[N_SLOTS];
    size_t n_remembered; /* bytes */
    pmpo_arena mem, memories;
};

/* ---- words --------------------------------------------------------------------- */

static word *word_of(pmpo_remote_vocab *v, int32_t id)
{
    size_t i = (size_t)id;
    if (i >= v->n_words) {
        if (PMPO_GROW(v->words, v->cap_words, i + 1) < 0) {
            return NULL;
        }
        memset(v->words + v->n_words, 0,
               (i + 1 - v->n_words) * sizeof(*v->words));
        v->n_words = i + 1;
    }
    return &v->words[i];
}

/* The bytes of `id` are known now. */
static int learn(pmpo_remote_vocab *v, int32_t id, pmpo_str bytes)
{
    word *w = word_of(v, id);
    if (w && !w->bytes.ptr) {
        w->bytes = pmpo_arena_str(&v->mem, bytes);
        w->kind = pmpo_token_looks_special(bytes) ? DOUBTFUL : ORDINARY;
    }
    return w && w->bytes.ptr ? 0 : PMPO_ENOMEM;
}

/* The reply to `call`, the caller's to release also on failure. *status is
 * HTTP's, 0 where none came. */
static int ask(pmpo_remote_vocab *v, pmpo_http_call *call, json_t **out,
               int *status, pmpo_error *err)
{
    pmpo_buf body = {0};
    int rc = pmpo_http_one(v->talk, call, &body, status, err);
    pmpo_error why = {.text = "the reply is an error"};
    *out = NULL;
    if (rc == 0 && pmpo_http_blame(v->talk, pmpo_buf_str(&body), &why)) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "%s", why.text);
    } else if (rc == 0) {
        *out = pmpo_json_reply(pmpo_buf_str(&body), err);
        rc = *out ? 0 : PMPO_EBACKEND;
    }
    pmpo_buf_release(&body);
    return rc;
}

/* Appends the text of some tokens; the way for servers that give no names. */
static int ask_text(pmpo_remote_vocab *v, const int32_t *ids, size_t n,
                    pmpo_buf *out, pmpo_error *err)
{
    pmpo_http_call call = {.path = PATH_TEXT};
    json_t *o = NULL;
    int rc = pmpo_ask_text(v->model, ids, n, &call.body);
    rc = rc < 0 ? pmpo_fail_memory(err) : ask(v, &call, &o, NULL, err);
    const json_t *text = json_object_get(o, "prompt");
    text = text ? text : json_object_get(o, "text");
    if (rc == 0 && !json_is_string(text)) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "the server does not say what token "
                       "%d stands for", (int)ids[0]);
    }
    if (rc == 0) {
        pmpo_buf_put(out, (pmpo_str){json_string_value(text),
                                     json_string_length(text)});
        rc = out->failed ? pmpo_fail_memory(err) : 0;
    }
    json_decref(o);
    return rc;
}

static int learn_by_text(pmpo_remote_vocab *v, int32_t id, pmpo_error *err)
{
    pmpo_buf text = {0};
    int rc = ask_text(v, &id, 1, &text, err);
    if (rc == 0 && learn(v, id, pmpo_buf_str(&text)) < 0) {
        rc = pmpo_fail_memory(err);
    }
    pmpo_buf_release(&text);
    return rc;
}

static int learn_name(pmpo_remote_vocab *v, int32_t id, const json_t *name,
                      pmpo_error *err)
{
    word *w = word_of(v, id);
    if (!w) {
        return pmpo_fail_memory(err);
    }
    if (w->bytes.ptr) {
        return 0;
    }
    if (!v->names || !json_is_string(name)) {
        return learn_by_text(v, id, err);
    }
    pmpo_buf bytes = {0};
    pmpo_token_bytes(v->style, (pmpo_str){json_string_value(name),
                                          json_string_length(name)},
                     &bytes);
    int rc = bytes.failed ? PMPO_ENOMEM : learn(v, id, pmpo_buf_str(&bytes));
    pmpo_buf_release(&bytes);
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

/* ---- asking ---------------------------------------------------------------------- */

/* Appends the ids of a reply, and remembers their texts. */
static int take_tokens(pmpo_remote_vocab *v, const json_t *o, pmpo_tokens *out,
                       pmpo_error *err)
{
    const json_t *ids = json_object_get(o, "tokens");
    const json_t *names = json_object_get(o, "token_strs");
    if (!json_is_array(ids)) {
        return pmpo_fail(err, PMPO_EBACKEND, "no tokens in the server's reply");
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        json_int_t n = json_is_integer(id) ? json_integer_value(id) : -1;
        if (n < 0 || n > MOST_TOKEN_ID) {
            return pmpo_fail(err, PMPO_EBACKEND, "a token of the server's reply "
                             "is no id");
        }
        rc = pmpo_tokens_put(out, (int32_t)n) < 0 ? pmpo_fail_memory(err) : 0;
        rc = rc < 0 ? rc : learn_name(v, (int32_t)n, json_array_get(names, i),
                                      err);
    }
    json_int_t most = json_integer_value(json_object_get(o, "max_model_len"));
    v->max_context = most > 0 ? (size_t)most : v->max_context;
    return rc;
}

/* The server's tokens of `text`, special ones parsed. */
static int fetch(pmpo_remote_vocab *v, pmpo_str text, bool special,
                 pmpo_tokens *out, pmpo_error *err)
{
    pmpo_http_call call = {.path = PATH_TOKENS};
    if (pmpo_ask_tokens(v->model, text, special, &call.body) < 0) {
        pmpo_buf_release(&call.body);
        return pmpo_fail(err, PMPO_EBACKEND, "a text to tokenise is not UTF-8");
    }
    json_t *o;
    int rc = ask(v, &call, &o, NULL, err);
    rc = rc < 0 ? rc : take_tokens(v, o, out, err);
    json_decref(o);
    return rc;
}

/* ---- which tokens are special -------------------------------------------------------- */

static bool holds(const pmpo_tokens *t, int32_t id)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* Puts `text` between others in which an ordinary token falls apart: its own
 * first and last code points, letters, digits. */
static int comes_out_whole(pmpo_remote_vocab *v, int32_t id, pmpo_str text,
                           bool *yes, pmpo_error *err)
{
    const pmpo_str around[][2] = {
        {pmpo_str_sub(text, 0, 1), pmpo_str_sub(text, text.len - 1, text.len)},
        {PMPO_STR("a"), PMPO_STR("a")},
        {PMPO_STR("1/"), PMPO_STR("/1")},
    };
    int rc = 0;
    *yes = true;
    for (size_t i = 0; rc == 0 && *yes && i < 3; i++) {
        pmpo_buf b = {0};
        pmpo_tokens t = {0};
        pmpo_buf_put(&b, around[i][0]);
        pmpo_buf_put(&b, text);
        pmpo_buf_put(&b, around[i][1]);
        rc = b.failed ? pmpo_fail_memory(err)
                      : fetch(v, pmpo_buf_str(&b), false, &t, err);
        *yes = rc == 0 && holds(&t, id);
        pmpo_tokens_release(&t);
        pmpo_buf_release(&b);
    }
    return rc;
}

/* Into the list, longest text first. */
static int add_special(pmpo_remote_vocab *v, int32_t id, pmpo_str text,
                       pmpo_error *err)
{
    pmpo_vocab *to = &v->m->vocab;
    pmpo_special *s =
        pmpo_arena_alloc(&v->mem, to->n_specials + 1, sizeof(*s));
    size_t at = 0;
    if (!s) {
        return pmpo_fail_memory(err);
    }
    while (at < to->n_specials && to->specials[at].text.len >= text.len) {
        at++;
    }
    for (size_t i = 0; i < to->n_specials; i++) {
        s[i + (i >= at)] = to->specials[i];
    }
    s[at] = (pmpo_special){.id = id, .text = text};
    to->specials = s;
    to->n_specials++;
    return 0;
}

/* Decides about a token that may be one. */
static int settle(pmpo_remote_vocab *v, int32_t id, pmpo_error *err)
{
    word *w = word_of(v, id);
    bool yes = false;
    if (!w || w->kind != DOUBTFUL) {
        return w ? 0 : pmpo_fail_memory(err);
    }
    pmpo_str text = w->bytes;
    int rc = comes_out_whole(v, id, text, &yes, err);
    if (rc == 0) {
        word_of(v, id)->kind = yes ? SPECIAL : ORDINARY;
        rc = yes ? add_special(v, id, text, err) : 0;
    }
    return rc;
}

/* Settles all of t->ids[from..); *found: some are special. */
static int settle_all(pmpo_remote_vocab *v, const pmpo_tokens *t, size_t from,
                      bool *found, pmpo_error *err)
{
    int rc = 0;
    *found = false;
    for (size_t i = from; rc == 0 && i < t->n; i++) {
        rc = settle(v, t->ids[i], err);
        *found = *found || word_of(v, t->ids[i])->kind == SPECIAL;
    }
    return rc;
}

/* ---- plain text ---------------------------------------------------------------------- */

/* Where the piece that begins at `at` has to end: after the first code point
 * of the first special token's text in it. */
static size_t piece_end(const pmpo_remote_vocab *v, pmpo_str text, size_t at)
{
    const pmpo_vocab *m = &v->m->vocab;
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < m->n_specials; i++) {
        size_t found = pmpo_str_find(text, m->specials[i].text, at);
        first = found < first ? found : first;
    }
    if (first == SIZE_MAX) {
        return text.len;
    }
    for (first++; first < text.len && (text.ptr[first] & 0xc0) == 0x80;) {
        first++;
    }
    return first;
}

/* A piece in mid-text must not get the space that a vocabulary puts before a
 * text of its own: it is sent after a line end, whose tokens are left out. */
static int fetch_inner(pmpo_remote_vocab *v, pmpo_str piece, pmpo_tokens *out,
                       pmpo_error *err)
{
    pmpo_buf b = {0};
    pmpo_tokens t = {0};
    pmpo_buf_putc(&b, '\n');
    pmpo_buf_put(&b, piece);
    int rc = b.failed ? pmpo_fail_memory(err)
                      : fetch(v, pmpo_buf_str(&b), false, &t, err);
    size_t skip = 0, bytes = 0;
    while (rc == 0 && skip < t.n && bytes < 2) { /* " \n" */
        bytes += word_of(v, t.ids[skip++])->bytes.len;
    }
    if (rc == 0 && bytes != 2) {
        rc = pmpo_fail(err, PMPO_EMODEL, "the server's tokeniser joins what has "
                       "to be apart; give --tokenizer FILE.gguf");
    }
    for (size_t i = skip; rc == 0 && i < t.n; i++) {
        rc = pmpo_tokens_put(out, t.ids[i]) < 0 ? pmpo_fail_memory(err) : 0;
    }
    pmpo_tokens_release(&t);
    pmpo_buf_release(&b);
    return rc;
}

static int tokenize_plain(pmpo_remote_vocab *v, pmpo_str text,
                          pmpo_tokens *out, pmpo_error *err)
{
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < text.len;) {
        size_t end = piece_end(v, text, at), before = out->n;
        size_t known = v->m->vocab.n_specials;
        pmpo_str piece = pmpo_str_sub(text, at, end);
        bool found = false;
        rc = at > 0 && v->m->vocab.leading_space
                 ? fetch_inner(v, piece, out, err)
                 : fetch(v, piece, false, out, err);
        rc = rc < 0 ? rc : settle_all(v, out, before, &found, err);
        if (rc == 0 && !found) {
            at = end;
        } else if (rc == 0 && v->m->vocab.n_specials == known) {
            rc = pmpo_fail(err, PMPO_EMODEL, "the server finds a special token "
                           "in plain text; give --tokenizer FILE.gguf");
        } else {
            out->n = before; /* once more, with what is known now */
        }
    }
    return rc;
}

/* ---- what was asked before ---------------------------------------------------------------- */

static memory **slot_of(pmpo_remote_vocab *v, pmpo_str text)
{
    return &v->slots[pmpo_hash64(text.ptr, text.len, 0) % N_SLOTS];
}

static const memory *recall(pmpo_remote_vocab *v, pmpo_str text)
{
    const memory *m = *slot_of(v, text);
    while (m && !pmpo_str_eq(m->text, text)) {
        m = m->next;
    }
    return m;
}

static void remember(pmpo_remote_vocab *v, pmpo_str text, const int32_t *ids,
                     size_t n)
{
    size_t bytes = sizeof(memory) + text.len + n * sizeof(*ids);
    if (v->n_remembered + bytes > MOST_REMEMBERED) {
        pmpo_arena_release(&v->memories);
        memset(v->slots, 0, sizeof(v->slots));
        v->n_remembered = 0;
    }
    memory *m = pmpo_arena_alloc(&v->memories, 1, sizeof(*m));
    int32_t *copy = pmpo_arena_alloc(&v->memories, n, sizeof(*copy));
    pmpo_str kept = pmpo_arena_str(&v->memories, text);
    if (!m || !copy || !kept.ptr) {
        return; /* it is asked again then */
    }
    if (n) {
        memcpy(copy, ids, n * sizeof(*ids));
    }
    memory **slot = slot_of(v, text);
    *m = (memory){*slot, kept, copy, n};
    *slot = m;
    v->n_remembered += bytes;
}

/* ---- pmpo_vocab ----------------------------------------------------------------------------- */

static int tokenize(void *self, pmpo_str text, bool special, pmpo_tokens *out,
                    pmpo_error *err)
{
    pmpo_remote_vocab *v = self;
    size_t before = out->n;
    if (text.len == 0 && !special) {
        return 0;
    }
    if (special) {
        return fetch(v, text, true, out, err);
    }
    const memory *m = recall(v, text);
    for (size_t i = 0; m && i < m->n; i++) {
        if (pmpo_tokens_put(out, m->ids[i]) < 0) {
            return pmpo_fail_memory(err);
        }
    }
    int rc = m ? 0 : tokenize_plain(v, text, out, err);
    if (rc == 0 && !m) {
        remember(v, text, out->ids + before, out->n - before);
    }
    return rc;
}

static int piece(void *self, int32_t id, pmpo_buf *out, pmpo_error *err)
{
    pmpo_remote_vocab *v = self;
    word *w = id >= 0 && id <= MOST_TOKEN_ID ? word_of(v, id) : NULL;
    if (!w) {
        return pmpo_fail(err, PMPO_EUSAGE, "no token %d", (int)id);
    }
    int rc = w->bytes.ptr ? 0 : learn_by_text(v, id, err);
    if (rc == 0) {
        pmpo_buf_put(out, word_of(v, id)->bytes);
    }
    return rc < 0 ? rc : out->failed ? pmpo_fail_memory(err) : 0;
}

/* The text of a chat's tokens: without the space that a vocabulary puts before
 * what follows a special token, as it will put it there again. */
static int spell(pmpo_remote_vocab *v, const pmpo_tokens *t, pmpo_buf *out,
                 pmpo_error *err)
{
    bool fresh = true;
    if (!v->names) { /* a token may be a part of a code point */
        return ask_text(v, t->ids, t->n, out, err);
    }
    for (size_t i = 0; i < t->n; i++) {
        const word *w = word_of(v, t->ids[i]);
        pmpo_str s = w->bytes;
        if (fresh && v->m->vocab.leading_space && w->kind != SPECIAL && s.len &&
            s.ptr[0] == ' ') {
            s = pmpo_str_sub(s, 1, s.len);
        }
        pmpo_buf_put(out, s);
        fresh = w->kind == SPECIAL;
    }
    return out->failed ? pmpo_fail_memory(err) : 0;
}

static int chat(void *self, const pmpo_message *messages, size_t n,
                bool assistant, pmpo_buf *out, pmpo_error *err)
{
    pmpo_remote_vocab *v = self;
    pmpo_http_call call = {.path = PATH_TOKENS};
    pmpo_tokens t = {0};
    pmpo_error why = {0};
    bool found;
    if (pmpo_ask_chat_tokens(v->model, messages, n, assistant, &call.body) < 0) {
        pmpo_buf_release(&call.body);
        return pmpo_fail(err, PMPO_EBACKEND,
                         "a chat is not UTF-8, or memory "
                         "ran out");
    }
    json_t *o;
    int status = 0;
    int rc = ask(v, &call, &o, &status, &why);
    /* That it can't is what a client error says: others may pass. */
    bool refuses = rc < 0 && status / 100 == 4 && status != 408 &&
                   status != 429;
    rc = rc < 0 ? rc : take_tokens(v, o, &t, &why);
    if (refuses || (rc == 0 && t.n == 0)) {
        rc = pmpo_fail(err, PMPO_EMODEL, "the server does not render this chat "
                       "(%s): use --template raw, --template @file, or "
                       "--tokenizer FILE.gguf",
                       why.text[0] ? why.text : "no tokens");
    } else if (rc < 0) {
        pmpo_fail(err, rc, "%s", why.text);
    }
    rc = rc < 0 ? rc : settle_all(v, &t, 0, &found, err);
    rc = rc < 0 ? rc : spell(v, &t, out, err);
    json_decref(o);
    pmpo_tokens_release(&t);
    return rc;
}

/* ---- finding out --------------------------------------------------------------------------- */

/* How tokens are named, and whether the names spell a text. */
static int find_style(pmpo_remote_vocab *v, pmpo_error *err)
{
    static const char text[] = "Is it 12 \xe4\xb8\x96\xe7\x95\x8c, caf\xc3\xa9?\n\tYes";
    pmpo_http_call call = {.path = PATH_TOKENS};
    if (pmpo_ask_tokens(v->model, pmpo_str_of(text), false, &call.body) < 0) {
        pmpo_buf_release(&call.body);
        return pmpo_fail_memory(err);
    }
    json_t *o;
    int rc = ask(v, &call, &o, NULL, err);
    const json_t *names = json_object_get(o, "token_strs");
    pmpo_tokens t = {0};
    pmpo_buf spelt = {0};
    v->names = json_is_array(names) && json_array_size(names) > 0;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *s = json_string_value(json_array_get(names, i));
        v->style = v->style ? v->style : pmpo_token_style_of(pmpo_str_of(s));
    }
    rc = rc < 0 ? rc : take_tokens(v, o, &t, err);
    if (rc == 0 && t.n == 0) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "the server's /tokenize gives no "
                       "tokens");
    }
    for (size_t i = 0; rc == 0 && i < t.n; i++) {
        pmpo_buf_put(&spelt, word_of(v, t.ids[i])->bytes);
    }
    if (rc == 0 && v->names &&
        pmpo_str_find(pmpo_buf_str(&spelt), pmpo_str_of(text), 0) == SIZE_MAX) {
        v->names = false; /* a way of naming that is not known here */
        memset(v->words, 0, v->n_words * sizeof(*v->words));
    }
    json_decref(o);
    pmpo_tokens_release(&t);
    pmpo_buf_release(&spelt);
    return rc;
}

/* The space in front of a text, and the token. */
static int find_front(pmpo_remote_vocab *v, pmpo_error *err)
{
    pmpo_vocab *to = &v->m->vocab;
    pmpo_tokens plain = {0}, whole = {0};
    bool found;
    int rc = fetch(v, PMPO_STR("a"), false, &plain, err);
    rc = rc < 0 ? rc : fetch(v, PMPO_STR("a"), true, &whole, err);
    if (rc == 0 && plain.n > 0) {
        pmpo_str first = word_of(v, plain.ids[0])->bytes;
        to->leading_space = first.len > 0 && first.ptr[0] == ' ';
    }
    if (rc == 0 && whole.n > plain.n && plain.n > 0 &&
        whole.ids[1] == plain.ids[0]) {
        to->add_bos = true;
        to->bos = whole.ids[0];
        rc = settle_all(v, &whole, 0, &found, err);
    }
    pmpo_tokens_release(&plain);
    pmpo_tokens_release(&whole);
    return rc;
}

/* The token that ends a text: the first of the usual ones that there is. */
static int find_end(pmpo_remote_vocab *v, pmpo_error *err)
{
    static const char *const usual[] = {"<|im_end|>", "<|eot_id|>",
                                        "<end_of_turn>", "<|endoftext|>",
                                        "<|end_of_text|>", "</s>", "<eos>"};
    pmpo_vocab *to = &v->m->vocab;
    int rc = 0;
    for (size_t i = 0; rc == 0 && to->eos < 0 &&
                       i < sizeof(usual) / sizeof(*usual); i++) {
        pmpo_tokens t = {0};
        bool special = false;
        rc = fetch(v, pmpo_str_of(usual[i]), false, &t, err);
        rc = rc < 0 || t.n != 1 ? rc : settle_all(v, &t, 0, &special, err);
        to->eos = rc == 0 && t.n == 1 && special ? t.ids[0] : -1;
        pmpo_tokens_release(&t);
    }
    return rc;
}

int pmpo_remote_vocab_new(pmpo_http *talk, const char *model,
                          struct pmpo_model *m, size_t *max_context,
                          pmpo_remote_vocab **out, pmpo_error *err)
{
    pmpo_remote_vocab *v = pmpo_calloc(1, sizeof(*v));
    if (!v) {
        return pmpo_fail_memory(err);
    }
    v->talk = talk;
    v->model = model;
    v->m = m;
    m->vocab = (pmpo_vocab){.self = v, .tokenize = tokenize, .piece = piece,
                            .chat = chat, .bos = -1, .eos = -1, .eot = -1};
    int rc = find_style(v, err);
    rc = rc < 0 ? rc : find_front(v, err);
    rc = rc < 0 ? rc : find_end(v, err);
    if (rc < 0) {
        pmpo_remote_vocab_free(v);
        m->vocab = (pmpo_vocab){.bos = -1, .eos = -1, .eot = -1};
        return rc;
    }
    *max_context = v->max_context;
    *out = v;
    return 0;
}

void pmpo_remote_vocab_free(pmpo_remote_vocab *v)
{
    if (v) {
        pmpo_arena_release(&v->mem);
        pmpo_arena_release(&v->memories);
        pmpo_free(v->words);
        pmpo_free(v);
    }
}
