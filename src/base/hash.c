/* hash.c: XXH3 hashes, and the generator splitmix64. */
#include "base/hash.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

struct pmpo_hasher {
    XXH3_state_t *state;
};

pmpo_hasher *pmpo_hasher_new(void)
{
    pmpo_hasher *h = pmpo_calloc(1, sizeof(*h));
    if (h) {
        h->state = XXH3_createState();
        if (!h->state) {
            pmpo_free(h);
            return NULL;
        }
        XXH3_128bits_reset(h->state);
    }
    return h;
}

void pmpo_hasher_free(pmpo_hasher *h)
{
    if (h) {
        XXH3_freeState(h->state);
        pmpo_free(h);
    }
}

void pmpo_hasher_bytes(pmpo_hasher *h, const void *p, size_t n)
{
    if (n) {
        XXH3_128bits_update(h->state, p, n);
    }
}

void pmpo_hasher_u64(pmpo_hasher *h, uint64_t v)
{
    unsigned char b[8];
    for (int i = 0; i < 8; i++) {
        b[i] = (unsigned char)(v >> (8 * i));
    }
    pmpo_hasher_bytes(h, b, sizeof(b));
}

void pmpo_hasher_double(pmpo_hasher *h, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    pmpo_hasher_u64(h, bits);
}

void pmpo_hasher_str(pmpo_hasher *h, pmpo_str s)
{
    pmpo_hasher_u64(h, s.len);
    pmpo_hasher_bytes(h, s.ptr, s.len);
}

pmpo_hash pmpo_hasher_end(pmpo_hasher *h)
{
    XXH128_canonical_t c;
    XXH128_canonicalFromHash(&c, XXH3_128bits_digest(h->state));
    XXH3_128bits_reset(h->state);
    pmpo_hash out;
    memcpy(out.bytes, c.digest, sizeof(out.bytes));
    return out;
}

void pmpo_hash_hex(pmpo_hash h, char out[33])
{
    for (int i = 0; i < 16; i++) {
        snprintf(out + 2 * i, 3, "%02x", h.bytes[i]);
    }
}

uint64_t pmpo_hash64(const void *p, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(n ? p : "", n, seed);
}

uint64_t pmpo_seed_for(uint64_t seed, const char *what, uint64_t a, uint64_t b,
                       uint64_t c)
{
    unsigned char in[24];
    const uint64_t v[3] = {a, b, c};
    for (int i = 0; i < 24; i++) {
        in[i] = (unsigned char)(v[i / 8] >> (8 * (i % 8)));
    }
    return pmpo_hash64(in, sizeof(in), pmpo_hash64(what, strlen(what), seed));
}

uint64_t pmpo_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double pmpo_random_unit(uint64_t *state)
{
    return (double)(pmpo_random(state) >> 11) * 0x1p-53;
}
