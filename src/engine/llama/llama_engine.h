/* llama_engine.h: the llama.cpp engine's own header.
 *
 * llama_open.c     loading, description, identity, ending
 * llama_file.c     a file's header
 * llama_precision.c which precision, which file
 * llama_memory.c   how much memory that takes
 * llama_machine.c  processors and memory of this machine
 * llama_rate.c     which products are fastest here
 * llama_device.c   the part of GPUs and environment in a model's identity
 * llama_pool.c     the threads
 * llama_blas.cpp   products by BLAS
 * llama_attention.cpp  attention without what its mask hides
 * llama_vocab.c    tokeniser, special tokens, chat template
 * llama_tokenizer.c the same of a file, without its weights
 * llama_decode.c   the context and its KV memory, feeding rows
 * llama_score.c    the planned scorer and the plain reference
 * llama_lead.c     keys and values of leads, kept
 * llama_generate.c sampling many replies at a time
 * llama_grammar.c  a reply's next token under a grammar
 * llama_guard.cpp  keeps C++ exceptions out of C */
#ifndef PMPO_ENGINE_LLAMA_ENGINE_H
#define PMPO_ENGINE_LLAMA_ENGINE_H

#include <llama.h>

#include "base/flag.h"
#include "engine/llama/llama_pool.h"
#include "engine/llama/plan.h"
#include "model/model.h"

/* Part of every score's key: raise it whenever the layout of a unit changes, or
 * how it is computed. */
#define PMPO_LAYOUT_VERSION 5

/* Sequences in the KV memory at one time; llama.cpp allows 256, but keeps a
 * row of logits for each from the start. */
#define PMPO_MAX_SEQUENCES 64
#define PMPO_MAX_ROWS 512    /* n_batch and n_ubatch */
#define PMPO_MAX_LOGIT_ROWS 256 /* rows of logits in a batch */
#define PMPO_MAX_CELLS 1024  /* rows of a wave beside the prefix, at most */
#define PMPO_FIRST_CELLS 2048 /* of the first KV memory, unless one sequence
                               * needs more */

/* llama.cpp pads the window of cells that attention reads to a multiple of
 * this. */
#define PMPO_CELL_STEP 256

/* `cells` rounded up to that. */
static inline size_t pmpo_llama_pad(size_t cells)
{
    return (cells + PMPO_CELL_STEP - 1) / PMPO_CELL_STEP * PMPO_CELL_STEP;
}

/* Copies of keys and values, by what was fed for them. */
typedef struct pmpo_leads pmpo_leads;

typedef struct pmpo_llama {
    struct pmpo_model *model; /* the handle we are the `self` of */
    struct llama_model *weights;
    const struct llama_vocab *vocab;
    struct llama_context *ctx; /* made on first use, remade when too small */
    size_t n_cells;            /* of ctx; 0 without one */
    uint64_t kv_bytes;         /* limit for ctx's keys and values; 0: none */
    struct llama_context *streams; /* for generating, made on first use */
    size_t n_streams, stream_cells; /* sequences in it, cells of each */
    size_t cell_bytes; /* of one token's keys and values */
    uint64_t slot_bytes; /* for keys and values of all replies in progress */
    pmpo_leads *leads;
    uint64_t lead_bytes;       /* limit for what they keep */
    struct llama_batch batch;  /* PMPO_MAX_ROWS rows */
    bool has_batch;
    bool exact;  /* f32 KV, no flash attention */
    bool shares; /* sequences can share prefixes (not recurrent) */
    int threads;
    pmpo_pool *pool; /* of these threads */
    pmpo_plan_limits limits;
    size_t n_context; /* positions of one sequence, at most */
    uint32_t n_short; /* for models with separate rope factors for short and
                       * long texts: the positions for which the short factors
                       * hold, which are the ones used; 0: no such factors */
    size_t n_vocab;
    int32_t *prefix; /* tokens of sequence 0 that are in the KV memory */
    size_t n_prefix, cap_prefix;
    pmpo_flag cancelled;
} pmpo_llama;

/* ---- llama_guard.cpp: 0, what llama.cpp returned, or PMPO_EBACKEND ------------- */

struct llama_model *pmpo_guard_load(const char *path,
                                    struct llama_model_params p);
struct llama_context *pmpo_guard_context(struct llama_model *m,
                                         struct llama_context_params p);
int pmpo_guard_decode(struct llama_context *ctx, struct llama_batch b);
int pmpo_guard_tokenize(const struct llama_vocab *v, const char *text,
                        int32_t len, llama_token *ids, int32_t max,
                        bool add_special, bool parse_special);
int pmpo_guard_chat(const char *tmpl, const struct llama_chat_message *m,
                    size_t n, bool assistant, char *buf, int32_t len);
int pmpo_guard_quantize(const char *from, const char *to,
                        const llama_model_quantize_params *p);
llama_token pmpo_guard_sample(struct llama_sampler *s,
                              struct llama_context *ctx, int32_t row);
struct llama_sampler *pmpo_guard_grammar(const struct llama_vocab *v,
                                         const char *gbnf, const char *root);
int pmpo_guard_apply(struct llama_sampler *s, llama_token_data_array *all);
int pmpo_guard_accept(struct llama_sampler *s, llama_token t);

/* ---- llama_vocab.c -------------------------------------------------------- */

/* Fills m->vocab from the loaded weights. */
int pmpo_llama_vocab(pmpo_llama *l, struct pmpo_model *m, pmpo_error *err);

/* ---- llama_decode.c -------------------------------------------------------- */

/* Makes sure of a context with room for `cells` rows. A new one is empty. */
int pmpo_llama_reserve(pmpo_llama *l, size_t cells, pmpo_error *err);
/* Makes sure of l->streams: an empty context in which each of n sequences has
 * at least `cells` cells of its own. */
int pmpo_llama_streams(pmpo_llama *l, size_t n, size_t cells, pmpo_error *err);
void pmpo_llama_forget(pmpo_llama *l); /* empties the KV memory */
/* Empties it, overwrites its cells and forgets kept leads. Needed after NaNs: a
 * NaN in a masked cell still spoils results, because 0 x NaN is NaN. */
void pmpo_llama_wipe(pmpo_llama *l);
/* Empties the batch; appends a row to it (at most PMPO_MAX_ROWS). */
void pmpo_llama_rows_clear(pmpo_llama *l);
void pmpo_llama_row(pmpo_llama *l, const pmpo_plan_row *r);
/* Decodes the batch. PMPO_ECANCELLED, PMPO_EBACKEND: the memory is empty
 * afterwards. */
int pmpo_llama_decode(pmpo_llama *l, pmpo_error *err);
/* The same in l->ctx or l->streams; on failure the caller empties the
 * memory. */
int pmpo_llama_decode_in(pmpo_llama *l, struct llama_context *ctx,
                         pmpo_error *err);
/* Puts `prefix` into sequence 0 of a memory whose other sequences are empty;
 * feeds nothing if it is there already. *fed is the number of rows fed. */
int pmpo_llama_prefix(pmpo_llama *l, const int32_t *prefix, size_t n,
                      size_t *fed, pmpo_error *err);
/* Takes everything but sequence 0's prefix out of the memory. */
void pmpo_llama_wave_end(pmpo_llama *l, size_t n_sequences);
/* Last error line that llama.cpp logged in this thread, or "". */
const char *pmpo_llama_log(void);
/* What llama.cpp says of this processor; static, after pmpo_llama_start. */
const char *pmpo_llama_system(void);
void pmpo_llama_start(void); /* once a process: backend and log */

/* ---- llama_lead.c ------------------------------------------------------------ */

pmpo_leads *pmpo_leads_new(void); /* NULL: out of memory */
void pmpo_leads_free(pmpo_leads *k);
void pmpo_leads_clear(pmpo_leads *k);
uint64_t pmpo_leads_bytes(const pmpo_leads *k);
/* Whether the leads of wave `w` are kept; then the memory, which has the plan's
 * prefix, is what it was after they were fed, in all the wave's sequences.
 * PMPO_EBACKEND: the memory is empty. */
int pmpo_lead_restore(pmpo_llama *l, const pmpo_plan *p,
                      const pmpo_plan_wave *w, bool *restored, pmpo_error *err);
/* Keeps what the memory holds, the prefix and the leads of wave `w`, if there
 * is room for it. */
void pmpo_lead_keep(pmpo_llama *l, const pmpo_plan *p, const pmpo_plan_wave *w);

/* ---- llama_grammar.c --------------------------------------------------------- */

/* NULL: not read, *err says why (PMPO_EUSAGE). */
struct llama_sampler *pmpo_llama_grammar(const pmpo_llama *l, pmpo_str gbnf,
                                         pmpo_error *err);
/* Draws from a row of l->streams by `chain`, held to `grammar` (NULL: free).
 * LLAMA_TOKEN_NULL: it failed. `room` has n_vocab entries (with a grammar). */
llama_token pmpo_llama_draw(const pmpo_llama *l, struct llama_sampler *chain,
                            struct llama_sampler *grammar, int32_t row,
                            llama_token_data *room);

/* ---- llama_score.c, llama_generate.c: pmpo_engine's functions --------------- */

int pmpo_llama_score(void *self, const pmpo_queue *q, pmpo_error *err);
int pmpo_llama_count(void *self, const pmpo_unit *units, size_t n,
                     uint64_t *rows, pmpo_error *err);
int pmpo_llama_generate(void *self, const pmpo_gen_request *requests, size_t n,
                        const pmpo_gen_params *p, pmpo_reply *out,
                        pmpo_error *err);

#endif
