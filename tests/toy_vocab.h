/* toy_vocab.h: a vocabulary for test_render.c: one token a byte, some longer
 * ones (the longest that fits wins), special tokens, and chat templates of
 * several kinds, some that must be refused. */
#ifndef PMPO_TESTS_TOY_VOCAB_H
#define PMPO_TESTS_TOY_VOCAB_H

#include <ctype.h>

#include "base/error.h"
#include "model/model.h"

/* ---- a toy vocabulary -------------------------------------------------- */

/* Ids 0..255 are bytes, 256.. these, N_PLAIN.. the specials. */
static const char *const long_tokens[] = {
    "ab", "Yes", " Yes", "No", "\nNo", "\n\n", "t\n", ": ", "user", "abc",
};
#define N_LONG ((int32_t)(sizeof(long_tokens) / sizeof(long_tokens[0])))
#define N_PLAIN (256 + N_LONG)

/* Longest first, as the contract has it. */
static const struct pmpo_special specials[] = {
    {N_PLAIN + 0, {"<|im_start|>", 12}, false, false},
    {N_PLAIN + 1, {"<|im_end|>", 10}, false, false},
    {N_PLAIN + 2, {"<strip>", 7}, true, true},
    {N_PLAIN + 3, {"</s>", 4}, false, false},
    {N_PLAIN + 4, {"<s>", 3}, false, false},
    {N_PLAIN + 5, {"<s", 2}, false, false}, /* part of two others */
};
#define IM_START (N_PLAIN + 0)
#define IM_END (N_PLAIN + 1)
#define STRIP (N_PLAIN + 2)
#define EOS (N_PLAIN + 3)
#define BOS (N_PLAIN + 4)
#define N_SPECIALS (sizeof(specials) / sizeof(specials[0]))

typedef struct toy {
    pmpo_vocab v;
    bool folds; /* lower-cases, drops '~': its tokens don't spell the text */
    int (*chat)(const pmpo_message *m, size_t n, bool assistant, pmpo_buf *b);
} toy;

static int32_t longest_at(const char *p, size_t left, size_t *len)
{
    int32_t id = (unsigned char)p[0];
    *len = 1;
    for (int32_t i = 0; i < N_LONG; i++) {
        size_t n = strlen(long_tokens[i]);
        if (n <= left && n > *len && !memcmp(p, long_tokens[i], n)) {
            id = 256 + i;
            *len = n;
        }
    }
    return id;
}

static void fold(pmpo_buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++) {
        if (b->ptr[i] != '~') {
            b->ptr[n++] = (char)tolower((unsigned char)b->ptr[i]);
        }
    }
    b->len = n;
}

static int plain(const toy *y, pmpo_str text, pmpo_tokens *out)
{
    pmpo_buf b = {0};
    pmpo_buf_puts(&b, y->v.leading_space && text.len ? " " : "");
    pmpo_buf_put(&b, text);
    int rc = b.failed ? PMPO_ENOMEM : 0;
    if (y->folds) {
        fold(&b);
    }
    for (size_t i = 0, n; rc == 0 && i < b.len; i += n) {
        rc = pmpo_tokens_put(out, longest_at(b.ptr + i, b.len - i, &n));
    }
    pmpo_buf_release(&b);
    return rc;
}

/* `special`: one scan over the text, the longest special at each byte. */
static int toy_tokenize(void *self, pmpo_str text, bool special,
                        pmpo_tokens *out, pmpo_error *err)
{
    const toy *y = self;
    size_t from = 0;
    int rc = special && y->v.add_bos ? pmpo_tokens_put(out, BOS) : 0;
    for (size_t i = 0; rc == 0 && special && i < text.len;) {
        size_t k = 0;
        while (k < N_SPECIALS &&
               !pmpo_str_starts(pmpo_str_sub(text, i, text.len),
                                specials[k].text)) {
            k++;
        }
        if (k == N_SPECIALS) {
            i++;
            continue;
        }
        rc = plain(y, pmpo_str_sub(text, from, i), out);
        i = from = i + specials[k].text.len;
        rc = rc < 0 ? rc : pmpo_tokens_put(out, specials[k].id);
    }
    if (rc == 0) {
        rc = plain(y, pmpo_str_sub(text, from, text.len), out);
    }
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

static int toy_piece(void *self, int32_t id, pmpo_buf *out, pmpo_error *err)
{
    (void)self;
    if (id < 256) {
        pmpo_buf_putc(out, (char)id);
    } else if (id < N_PLAIN) {
        pmpo_buf_puts(out, long_tokens[id - 256]);
    } else {
        pmpo_buf_put(out, specials[id - N_PLAIN].text);
    }
    return out->failed ? pmpo_fail_memory(err) : 0;
}

static int toy_chat(void *self, const pmpo_message *m, size_t n, bool assistant,
                    pmpo_buf *out, pmpo_error *err)
{
    const toy *y = self;
    if (!y->chat) {
        return pmpo_fail(err, PMPO_EMODEL, "no template");
    }
    int rc = y->chat(m, n, assistant, out);
    return rc < 0 || out->failed ? pmpo_fail_memory(err) : 0;
}

/* ---- chat templates ---------------------------------------------------- */

static int chatml(const pmpo_message *m, size_t n, bool assistant, pmpo_buf *b)
{
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_printf(b, "<|im_start|>%.*s\n", (int)m[i].role.len,
                        m[i].role.ptr);
        pmpo_buf_put(b, m[i].content);
        pmpo_buf_puts(b, "<|im_end|>\n");
    }
    pmpo_buf_puts(b, assistant ? "<|im_start|>assistant\n" : "");
    return 0;
}

static bool is(const pmpo_message *m, const char *role)
{
    return pmpo_str_eq(m->role, pmpo_str_of(role));
}

/* The system message goes into the user's turn. */
static int llama2(const pmpo_message *m, size_t n, bool assistant, pmpo_buf *b)
{
    (void)assistant;
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        bool reply = is(&m[i], "assistant");
        pmpo_buf_puts(b, !open && !reply ? "<s>[INST] " : "");
        open = !reply;
        pmpo_buf_puts(b, is(&m[i], "system") ? "<<SYS>>\n" : "");
        pmpo_buf_put(b, m[i].content);
        pmpo_buf_puts(b, reply                   ? " </s>"
                         : is(&m[i], "system") ? "\n<</SYS>>\n\n"
                                                 : " [/INST]");
    }
    return 0;
}

static int trimming(const pmpo_message *m, size_t n, bool assistant,
                    pmpo_buf *b)
{
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_puts(b, is(&m[i], "user") ? "user: " : "other: ");
        pmpo_buf_put(b, pmpo_str_trim(m[i].content));
        pmpo_buf_puts(b, "\n");
    }
    pmpo_buf_puts(b, assistant ? "bot:" : "");
    return 0;
}

static int counting(const pmpo_message *m, size_t n, bool assistant,
                    pmpo_buf *b)
{
    pmpo_buf_printf(b, "[%zu bytes]", m[0].content.len);
    return chatml(m, n, assistant, b);
}

static int escaping(const pmpo_message *m, size_t n, bool assistant,
                    pmpo_buf *b)
{
    (void)assistant;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m[i].content.len; j++) {
            char c = m[i].content.ptr[j];
            pmpo_buf_puts(b, c == '\n' ? "\\n" : (char[]){c, 0});
        }
    }
    return 0;
}

static int doubling(const pmpo_message *m, size_t n, bool assistant,
                    pmpo_buf *b)
{
    chatml(m, n, false, b);
    return chatml(m, n, assistant, b);
}

static int backwards(const pmpo_message *m, size_t n, bool assistant,
                     pmpo_buf *b)
{
    for (size_t i = n; i-- > 0;) {
        chatml(m + i, 1, i == 0 && assistant, b);
    }
    return 0;
}

static int no_system(const pmpo_message *m, size_t n, bool assistant,
                     pmpo_buf *b)
{
    for (size_t i = 0; i < n; i++) {
        if (!is(&m[i], "system")) {
            chatml(m + i, 1, false, b);
        }
    }
    return chatml(m, 0, assistant, b);
}

static int stripping(const pmpo_message *m, size_t n, bool assistant,
                     pmpo_buf *b)
{
    (void)assistant;
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_puts(b, "(\n <strip> \n:");
        pmpo_buf_put(b, m[i].content);
        pmpo_buf_puts(b, "<strip>");
    }
    return 0;
}

static toy toy_of(int (*chat)(const pmpo_message *, size_t, bool, pmpo_buf *))
{
    return (toy){
        .v = {.tokenize = toy_tokenize,
              .piece = toy_piece,
              .chat = toy_chat,
              .specials = specials,
              .n_specials = N_SPECIALS,
              .bos = BOS,
              .eos = EOS,
              .eot = -1,
              .n_tokens = (size_t)N_PLAIN + N_SPECIALS},
        .chat = chat,
    };
}

#endif
