/* language.c: see language.h. To add a language, add its row. */
#include "text/language.h"

#include "base/error.h"
#include "text/terms.h"

/* ---- scripts ----------------------------------------------------------------- */

typedef struct range {
    uint32_t first, last;
    pmpo_script script;
} range;

static const range ranges[] = {
    {0x0041, 0x024f, PMPO_SCRIPT_LATIN},   {0x0370, 0x03ff, PMPO_SCRIPT_GREEK},
    {0x0400, 0x052f, PMPO_SCRIPT_CYRILLIC}, {0x0590, 0x05ff, PMPO_SCRIPT_HEBREW},
    {0x0600, 0x077f, PMPO_SCRIPT_ARABIC},  {0x0900, 0x0d7f, PMPO_SCRIPT_INDIC},
    {0x0e00, 0x0e7f, PMPO_SCRIPT_THAI},    {0x1100, 0x11ff, PMPO_SCRIPT_HANGUL},
    {0x1e00, 0x1eff, PMPO_SCRIPT_LATIN},   {0x3040, 0x30ff, PMPO_SCRIPT_KANA},
    {0x3400, 0x9fff, PMPO_SCRIPT_HAN},     {0xac00, 0xd7af, PMPO_SCRIPT_HANGUL},
    {0xf900, 0xfaff, PMPO_SCRIPT_HAN},
};

const char *pmpo_script_name(pmpo_script s)
{
    static const char *const names[PMPO_N_SCRIPTS] = {
        "Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Indic", "Thai",
        "Hangul", "Kana", "Han"};
    return names[s];
}

/* The code point at s.ptr[*at] of valid UTF-8; *at moves behind it. */
static uint32_t next_point(pmpo_str s, size_t *at)
{
    unsigned char c = (unsigned char)s.ptr[(*at)++];
    uint32_t v = c < 0x80 ? c : c < 0xe0 ? c & 0x1fu : c < 0xf0 ? c & 0x0fu
                                                                : c & 0x07u;
    while (c >= 0x80 && *at < s.len
           && ((unsigned char)s.ptr[*at] & 0xc0) == 0x80) {
        v = v << 6 | ((unsigned char)s.ptr[(*at)++] & 0x3fu);
    }
    return v;
}

static bool is_letter(uint32_t c)
{
    bool sign = (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0xbf)
                || c == 0xd7 || c == 0xf7;
    return c >= 0x41 && !sign;
}

void pmpo_text_scripts(pmpo_str s, size_t *n)
{
    for (size_t at = 0; at < s.len;) {
        uint32_t c = next_point(s, &at);
        for (size_t i = 0; is_letter(c) && i < sizeof(ranges) / sizeof(*ranges);
             i++) {
            if (c >= ranges[i].first && c <= ranges[i].last) {
                n[ranges[i].script]++;
            }
        }
    }
}

/* ---- languages of Latin script -------------------------------------------------- */

typedef struct language {
    const char *name;
    const char *words; /* frequent ones, few of them in another language */
} language;

static const language languages[] = {
    {"English", "the and of to is in that it for on with as are this be at by from not or which you your "
                "each what how if then given answer a i have do many list number was he she"},
    {"German", "der die das und ist nicht ein eine einen mit von zu auf den dem des im für sich auch wie oder "
               "sie es bei wird werden ob"},
    {"French", "le la les des et est une un dans pour que qui sur pas vous avec ce cette au aux du ou votre "
               "ne sont il elle si"},
    {"Spanish", "el la los las es una un en para que por con no se del al lo su como este esta son si o "
                "cuál qué cada"},
    {"Italian", "il lo la gli è una un per che di con non si del della al alla come questo sono se o nel "
                "dei le ogni"},
    {"Portuguese", "os as é uma um em para que por com não se do da dos das no na ao como este esta são "
                   "cada seu"},
    {"Dutch", "de het een en is van in dat op te met voor niet zijn aan er ook als of bij wordt naar deze dit "
              "elke je"},
};

#define N_LANGUAGES (sizeof(languages) / sizeof(languages[0]))
#define LEAST_HITS 4 /* function words; fewer say nothing */

static bool is_one_of(const char *words, pmpo_str word)
{
    for (const char *p = words; *p;) {
        size_t n = strcspn(p, " ");
        bool same = n == word.len;
        for (size_t i = 0; same && i < n; i++) {
            char c = word.ptr[i];
            same = (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) == p[i];
        }
        if (same) {
            return true;
        }
        p += n + (p[n] == ' ');
    }
    return false;
}

int pmpo_text_language(pmpo_str s, pmpo_arena *mem, const char **out)
{
    pmpo_term *t;
    size_t n, best = 0, next = 0;
    *out = NULL;
    if (pmpo_text_terms(s, mem, &t, &n) < 0) {
        return PMPO_ENOMEM;
    }
    const char *name = NULL;
    for (size_t k = 0; k < N_LANGUAGES; k++) {
        size_t hits = 0;
        for (size_t i = 0; i < n; i++) {
            hits += is_one_of(languages[k].words, t[i].text);
        }
        if (hits > best) {
            next = best;
            best = hits;
            name = languages[k].name;
        } else if (hits > next) {
            next = hits;
        }
    }
    /* Kin share words: the first must be clear of the second. */
    *out = best >= LEAST_HITS && 4 * best >= 5 * next ? name : NULL;
    return 0;
}
