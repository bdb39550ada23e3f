/* fold.c: see fold.h. */
#include "base/fold.h"

static bool is_in(unsigned c, unsigned first, unsigned last)
{
    return c >= first && c <= last;
}

/* Of pairs of letters, a capital before its small one. */
static unsigned of_pairs(unsigned c)
{
    static const unsigned odd[][2] = {{0x139, 0x148}, {0x179, 0x17E},
                                      {0x1AF, 0x1B0}, {0x1CD, 0x1DC},
                                      {0x4C1, 0x4CE}};
    static const unsigned even[][2] = {
        {0x100, 0x12F}, {0x132, 0x137}, {0x14A, 0x177},   {0x1A0, 0x1A5},
        {0x1DE, 0x1EF}, {0x1F8, 0x21F}, {0x222, 0x233},   {0x460, 0x481},
        {0x48A, 0x4BF}, {0x4D0, 0x52F}, {0x1E00, 0x1E95}, {0x1EA0, 0x1EFF}};
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        if (is_in(c, odd[i][0], odd[i][1])) {
            return c + c % 2;
        }
    }
    for (size_t i = 0; i < sizeof(even) / sizeof(*even); i++) {
        if (is_in(c, even[i][0], even[i][1])) {
            return c | 1;
        }
    }
    return c;
}

static unsigned fold(unsigned c)
{
    bool latin = is_in(c, 0xC0, 0xDE) && c != 0xD7;
    bool greek = is_in(c, 0x391, 0x3AB) && c != 0x3A2;
    return latin || greek || is_in(c, 0x410, 0x42F) ? c + 0x20
           : is_in(c, 0x400, 0x40F)                 ? c + 0x50
           : is_in(c, 0x388, 0x38A)                 ? c + 37
           : c == 0x386                             ? 0x3AC
           : c == 0x38C                             ? 0x3CC
           : c == 0x38E || c == 0x38F               ? c + 63
           : c == 0x3C2                             ? 0x3C3 /* a final sigma */
           : c == 0x178                             ? 0xFF
                                                    : of_pairs(c);
}

static unsigned byte_at(pmpo_str s, size_t i)
{
    return i < s.len ? (unsigned char)s.ptr[i] : 0;
}

unsigned pmpo_fold_at(pmpo_str s, size_t i, size_t *n)
{
    unsigned a = byte_at(s, i), b = byte_at(s, i + 1), c = byte_at(s, i + 2);
    if (is_in(a, 0xC3, 0xD4) && is_in(b, 0x80, 0xBF)) {
        *n = 2;
        return fold((a & 0x1F) << 6 | (b & 0x3F));
    }
    if (a == 0xE1 && is_in(b, 0xB8, 0xBB) && is_in(c, 0x80, 0xBF)) {
        *n = 3;
        return of_pairs(0x1000 | (b & 0x3F) << 6 | (c & 0x3F));
    }
    *n = 1;
    return (unsigned char)pmpo_lower((char)a);
}

bool pmpo_same_words(pmpo_str a, pmpo_str b)
{
    size_t i = 0, k = 0;
    while (i < a.len && k < b.len) {
        size_t n = 0, m = 0;
        bool sa = pmpo_is_space(a.ptr[i]), sb = pmpo_is_space(b.ptr[k]);
        if (sa != sb ||
            (!sa && pmpo_fold_at(a, i, &n) != pmpo_fold_at(b, k, &m))) {
            return false;
        }
        while (sa && i < a.len && pmpo_is_space(a.ptr[i])) {
            i++;
        }
        while (sb && k < b.len && pmpo_is_space(b.ptr[k])) {
            k++;
        }
        i += n;
        k += m;
    }
    return i == a.len && k == b.len;
}
