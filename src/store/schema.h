/* schema.h: the tables of a run file. Raise PMPO_STORE_SCHEMA with any change
 * that an older pmpo could misread. */
#ifndef PMPO_STORE_SCHEMA_H
#define PMPO_STORE_SCHEMA_H

#define PMPO_APPLICATION_ID 0x706d706f /* "pmpo" */

/* Losses of single examples; added later, so a run may lack it. ends: uint32,
 * logprobs: float32, both of the target or chosen output's tokens. */
#define PMPO_LOSS_TABLE                                                        \
    "CREATE TABLE IF NOT EXISTS loss(prompt INTEGER, part INTEGER,"            \
    "  example INTEGER, loss REAL, correct INTEGER, picked TEXT, ends BLOB,"   \
    "  logprobs BLOB, PRIMARY KEY(prompt, part, example)) WITHOUT ROWID;"

#define PMPO_RUN_TABLES                                                        \
    "CREATE TABLE text(name TEXT PRIMARY KEY, value TEXT NOT NULL);"           \
    "CREATE TABLE number(name TEXT PRIMARY KEY, value REAL);"                  \
    "CREATE TABLE note(kind TEXT, iteration INTEGER, place INTEGER,"           \
    "  text TEXT NOT NULL, PRIMARY KEY(kind, iteration, place));"              \
    "CREATE TABLE example(part INTEGER, idx INTEGER, json TEXT NOT NULL,"      \
    "  PRIMARY KEY(part, idx));"                                               \
    "CREATE TABLE unit(key BLOB PRIMARY KEY, prompt INTEGER, purpose TEXT,"    \
    "  block INTEGER, logprobs BLOB NOT NULL, checksum INTEGER NOT NULL,"      \
    "  prefill_tokens INTEGER, logical_tokens INTEGER, cached INTEGER,"        \
    "  ms REAL);"                                                              \
    "CREATE TABLE job(key BLOB PRIMARY KEY, kind TEXT, iteration INTEGER,"     \
    "  replies TEXT NOT NULL, prompt_tokens INTEGER,"                          \
    "  generated_tokens INTEGER, ms REAL);"                                    \
    "CREATE TABLE candidate(id INTEGER PRIMARY KEY, parents TEXT,"             \
    "  iteration INTEGER, idx INTEGER, prompt TEXT, reply TEXT,"               \
    "  proposer TEXT, loss REAL, lower_bound REAL, fate TEXT, reason TEXT,"    \
    "  hard_case INTEGER, variant INTEGER, seed INTEGER, n_tokens INTEGER);"   \
    "CREATE TABLE iteration(idx INTEGER PRIMARY KEY, incumbent_loss REAL,"     \
    "  best_loss REAL, marked_by_model INTEGER, marking_note TEXT,"            \
    "  decision TEXT, incumbent INTEGER, best INTEGER, seconds REAL,"          \
    "  version TEXT, digest TEXT);"                                            \
    "CREATE TABLE hard(iteration INTEGER, idx INTEGER, id TEXT,"               \
    "  PRIMARY KEY(iteration, idx));"                                          \
    "CREATE TABLE segment(iteration INTEGER, idx INTEGER, begin INTEGER,"      \
    "  end INTEGER, text TEXT, effect REAL, low REAL, high REAL,"              \
    "  PRIMARY KEY(iteration, idx));" PMPO_LOSS_TABLE

#endif
