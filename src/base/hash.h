/* hash.h: hashes and the random numbers made from them.
 *
 * XXH3 (libxxhash) does the hashing. Every string is hashed with its length,
 * so that ("ab","c") and ("a","bc") differ. A seed is the hash of its purpose,
 * so no generator state has to be stored for a resume. */
#ifndef PMPO_BASE_HASH_H
#define PMPO_BASE_HASH_H

#include "pmpo.h"

typedef struct pmpo_hash {
    unsigned char bytes[16]; /* canonical (big-endian) XXH3-128 */
} pmpo_hash;

typedef struct pmpo_hasher pmpo_hasher;

/* NULL: out of memory. */
pmpo_hasher *pmpo_hasher_new(void);
void pmpo_hasher_free(pmpo_hasher *h);
void pmpo_hasher_bytes(pmpo_hasher *h, const void *p, size_t n);
void pmpo_hasher_str(pmpo_hasher *h, pmpo_str s); /* length, then bytes */
void pmpo_hasher_u64(pmpo_hasher *h, uint64_t v);
void pmpo_hasher_double(pmpo_hasher *h, double v); /* its bits */
pmpo_hash pmpo_hasher_end(pmpo_hasher *h); /* also resets */

/* 32 lower-case hex digits and a NUL. */
void pmpo_hash_hex(pmpo_hash h, char out[33]);

uint64_t pmpo_hash64(const void *p, size_t n, uint64_t seed);
/* The seed for the purpose `what`, for example "audit", with three numbers that
 * distinguish its uses. */
uint64_t pmpo_seed_for(uint64_t seed, const char *what, uint64_t a, uint64_t b,
                       uint64_t c);

/* splitmix64 (Steele, Lea, Flood 2014): a stream from any seed. */
uint64_t pmpo_random(uint64_t *state);
double pmpo_random_unit(uint64_t *state); /* [0,1), 53 bits */

#endif
