/* plan.h: which rows a unit needs, and in which order they are fed. Pure.
 *
 * The requests of a unit form a prefix tree. Only nodes that predict a token
 * have to be fed: never the last token of a target. Targets with a common
 * beginning share its rows, so an answer of one token costs no row of its own.
 * Each leaf of the fed tree is a sequence of the KV memory. A row belongs to
 * all sequences below it; because leaves are numbered in tree order, these are
 * a range.
 *
 * Rows are in depth-first order, cut into waves (what fits into the KV memory
 * beside the unit's prefix at one time) and those into batches (what is decoded
 * by one call). This order keeps llama.cpp's rules: positions of a sequence are
 * contiguous and rising, the set of sequences only narrows, and sequences that
 * share a row agree in all positions before it.
 *
 * Rows of requests' leads come before the others of their wave, in batches of
 * their own: a lead is computed alike whatever follows it, so what the engine
 * keeps of a wave's leads is to the bit what feeding them again would give. */
#ifndef PMPO_ENGINE_PLAN_H
#define PMPO_ENGINE_PLAN_H

#include "model/model.h"

typedef struct pmpo_plan_limits {
    size_t max_rows;      /* in a batch */
    size_t max_outputs;   /* rows of a batch whose logits are asked for */
    size_t max_sequences; /* in a wave */
    size_t max_cells;     /* rows of a wave, unless one sequence has more; with
                           * leads up to half of it more */
    size_t max_context;   /* positions of one sequence */
    size_t most_cells;    /* rows of a wave of a repacked unit; 0: any number */
} pmpo_plan_limits;

typedef struct pmpo_plan_row {
    int32_t token;
    int32_t position;
    int32_t seq_begin, seq_end; /* its sequences: [seq_begin, seq_end) */
    bool output;                /* logits wanted */
    bool lead;                  /* of a request's lead; then no output */
} pmpo_plan_row;

/* The log-probability of `token` after row `row` goes to result[to]. */
typedef struct pmpo_plan_read {
    size_t row;
    int32_t token;
    size_t to;
} pmpo_plan_read;

typedef struct pmpo_plan_batch {
    size_t row_begin, row_end;
    size_t read_begin, read_end; /* reads of these rows, by row */
} pmpo_plan_batch;

typedef struct pmpo_plan_wave {
    size_t batch_begin, batch_end;
    size_t lead_end; /* batches before this one have the leads */
    size_t n_sequences;
    size_t n_rows;
    size_t row_begin, n_lead; /* the leads: rows [row_begin, + n_lead) */
} pmpo_plan_wave;

typedef struct pmpo_plan {
    size_t n_prefix; /* rows of the unit's prefix, fed before, not in rows */
    const pmpo_plan_row *rows;
    size_t n_rows;
    const pmpo_plan_read *reads;
    size_t n_reads;
    const pmpo_plan_batch *batches;
    size_t n_batches;
    const pmpo_plan_wave *waves;
    size_t n_waves;
    size_t n_cells; /* KV cells needed at one time, with the prefix */
} pmpo_plan;

/* Plans `u`; everything lives in `mem`. PMPO_ETOOLONG: a request does not fit
 * max_context. PMPO_EUSAGE: the unit breaks its contract (model.h). */
int pmpo_plan_make(const pmpo_unit *u, const pmpo_plan_limits *limits,
                   pmpo_arena *mem, pmpo_plan *out, pmpo_error *err);

/* Cuts n rows into ceil(n / max) nearly equal pieces: the end of the piece
 * that begins at `begin`. */
size_t pmpo_plan_piece(size_t begin, size_t n, size_t max);

#endif
