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
    {0x0041, 0x024f, PMPO_SCRIPT_LATIN},
    {0x0370, 0x03ff, PMPO_SCRIPT_GREEK},
    {0x0400, 0x052f, PMPO_SCRIPT_CYRILLIC},
    {0x0590, 0x05ff, PMPO_SCRIPT_HEBREW},
    {0x0600, 0x077f, PMPO_SCRIPT_ARABIC},
    {0x0900, 0x097f, PMPO_SCRIPT_DEVANAGARI},
    {0x0980, 0x0d7f, PMPO_SCRIPT_INDIC},
    {0x0e00, 0x0e7f, PMPO_SCRIPT_THAI},
    {0x1100, 0x11ff, PMPO_SCRIPT_HANGUL},
    {0x1e00, 0x1eff, PMPO_SCRIPT_LATIN},
    {0x3040, 0x30ff, PMPO_SCRIPT_KANA},
    {0x3400, 0x9fff, PMPO_SCRIPT_HAN},
    {0xac00, 0xd7af, PMPO_SCRIPT_HANGUL},
    {0xf900, 0xfaff, PMPO_SCRIPT_HAN},
};

const char *pmpo_script_name(pmpo_script s)
{
    static const char *const names[PMPO_N_SCRIPTS] = {
        "Latin",      "Greek", "Cyrillic", "Hebrew", "Arabic",
        "Devanagari", "Indic", "Thai",     "Hangul", "Kana",
        "Han"};
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

/* Frequent words: those that the other languages here lack, and those that one
 * of them may have, too. */
typedef struct language {
    const char *name, *clear, *other;
} language;

static const language languages[] = {
    {"English", "the and is of that with for was are this it have not you",
     "to in on as be at by from or which your each what how if then given answer a i do many list number "
     "he she"},
    {"German", "der die das und ist nicht ein eine mit auf den zu sich ich",
     "einen von dem des im für auch wie oder sie es bei wird werden ob"},
    {"French", "le les et est une des que pas dans pour vous sur au ce",
     "la un qui avec cette aux du ou votre ne sont il elle si"},
    {"Spanish", "el los y es una que por las con para del se como su",
     "la un en no al lo este esta son si o cuál qué cada"},
    {"Italian", "il che di per non sono gli della nel con una è",
     "lo la un si del al alla come questo se o dei le ogni"},
    {"Portuguese", "o os e uma não para com do da em as por mais",
     "é um que se dos das no na ao como este esta são cada seu"},
    {"Dutch", "het een van en niet dat zijn op te voor met ik aan",
     "de is in er ook als of bij wordt naar deze dit elke je"},
};

#define N_LANGUAGES (sizeof(languages) / sizeof(languages[0]))
#define LEAST_WORDS 4 /* function words of one text; fewer say nothing */
#define LEAST_HITS 5  /* clear words, or signs of a script, of many texts */

static bool is_one_of(const char *words, pmpo_str word)
{
    for (const char *p = words; *p;) {
        size_t n = strcspn(p, " ");
        bool same = n == word.len;
        for (size_t i = 0; same && i < n; i++) {
            same = pmpo_lower(word.ptr[i]) == p[i];
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
            hits += is_one_of(languages[k].clear, t[i].text) ||
                    is_one_of(languages[k].other, t[i].text);
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
    *out = best >= LEAST_WORDS && 4 * best >= 5 * next ? name : NULL;
    return 0;
}

/* ---- the language of many texts --------------------------------------------------- */

static const char *by_script(const pmpo_str *texts, size_t n)
{
    /* Kana comes before Han, which Japanese uses too. */
    static const struct {
        pmpo_script script;
        const char *language;
    } rows[] = {
        {PMPO_SCRIPT_KANA, "Japanese"},    {PMPO_SCRIPT_HANGUL, "Korean"},
        {PMPO_SCRIPT_HAN, "Chinese"},      {PMPO_SCRIPT_CYRILLIC, "Russian"},
        {PMPO_SCRIPT_ARABIC, "Arabic"},    {PMPO_SCRIPT_GREEK, "Greek"},
        {PMPO_SCRIPT_HEBREW, "Hebrew"},    {PMPO_SCRIPT_DEVANAGARI, "Hindi"},
        {PMPO_SCRIPT_THAI, "Thai"},
    };
    size_t count[PMPO_N_SCRIPTS] = {0};
    for (size_t i = 0; i < n; i++) {
        pmpo_text_scripts(texts[i], count);
    }
    for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
        /* A tenth of kana is Japanese; else most signs must be the script's. */
        size_t share = rows[k].script == PMPO_SCRIPT_KANA ? 10 : 1;
        size_t signs = count[rows[k].script];
        if (signs >= LEAST_HITS && share * signs > count[PMPO_SCRIPT_LATIN]) {
            return rows[k].language;
        }
    }
    return NULL;
}

static bool ends_word(char c)
{
    return pmpo_is_space(c) || strchr(".,;:!?\"()'", c) != NULL;
}

static void count_words(pmpo_str s, size_t hits[N_LANGUAGES])
{
    for (size_t at = 0; at < s.len;) {
        size_t end = at;
        while (end < s.len && !ends_word(s.ptr[end])) {
            end++;
        }
        for (size_t k = 0; k < N_LANGUAGES; k++) {
            hits[k] += end > at && is_one_of(languages[k].clear,
                                             pmpo_str_sub(s, at, end));
        }
        at = end + 1;
    }
}

const char *pmpo_language_of(const pmpo_str *texts, size_t n)
{
    const char *name = by_script(texts, n);
    if (name) {
        return name;
    }
    size_t hits[N_LANGUAGES] = {0}, best = 0, second = 0;
    for (size_t i = 0; i < n; i++) {
        count_words(texts[i], hits);
    }
    for (size_t k = 1; k < N_LANGUAGES; k++) {
        best = hits[k] > hits[best] ? k : best;
    }
    for (size_t k = 0; k < N_LANGUAGES; k++) {
        second = k != best && hits[k] > second ? hits[k] : second;
    }
    bool sure = hits[best] >= LEAST_HITS && hits[best] > 2 * second;
    return sure ? languages[best].name : NULL;
}
