/* language.c: a text's language, by script or by its commonest words.
 *
 * Enough to tell that answers are to be in another language than English or
 * than the questions; no more is tried. A script stands for the language that
 * most texts in it have: Cyrillic for Russian. */
#include "propose/shape.h"

#define LEAST_HITS 5

/* ---- scripts ------------------------------------------------------------- */

/* Code points of a script that is written without spaces or Latin letters.
 * Kana comes before Han, which Japanese uses too. */
static const struct {
    uint32_t first, last;
    const char *name;
} scripts[] = {
    {0x3040, 0x30ff, "Japanese"}, {0xac00, 0xd7af, "Korean"},
    {0x4e00, 0x9fff, "Chinese"},  {0x0400, 0x04ff, "Russian"},
    {0x0600, 0x06ff, "Arabic"},   {0x0370, 0x03ff, "Greek"},
    {0x0590, 0x05ff, "Hebrew"},   {0x0900, 0x097f, "Hindi"},
    {0x0e00, 0x0e7f, "Thai"},
};

#define N_SCRIPTS (sizeof(scripts) / sizeof(scripts[0]))

static uint32_t next_point(pmpo_str s, size_t *at)
{
    unsigned char c = (unsigned char)s.ptr[(*at)++];
    size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    uint32_t point = more ? c & (0x3fu >> more) : c;
    for (; more > 0 && *at < s.len; more--) {
        point = point << 6 | ((unsigned char)s.ptr[(*at)++] & 0x3f);
    }
    return point;
}

static const char *by_script(const pmpo_str *texts, size_t n)
{
    size_t count[N_SCRIPTS] = {0}, latin = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < texts[i].len;) {
            uint32_t p = next_point(texts[i], &at);
            latin += (p | 0x20) >= 'a' && (p | 0x20) <= 'z';
            for (size_t k = 0; k < N_SCRIPTS; k++) {
                count[k] += p >= scripts[k].first && p <= scripts[k].last;
            }
        }
    }
    for (size_t k = 0; k < N_SCRIPTS; k++) {
        /* A tenth of kana is Japanese; else most signs must be the script's. */
        size_t share = k == 0 ? 10 : 1;
        if (count[k] >= LEAST_HITS && share * count[k] > latin) {
            return scripts[k].name;
        }
    }
    return NULL;
}

/* ---- words --------------------------------------------------------------- */

/* Words that the others lack, with a space before and behind each. */
static const struct {
    const char *name, *words;
} languages[] = {
    {"English", " the and is of that with for was are this it have not you "},
    {"German", " der die das und ist nicht ein eine mit auf den zu sich ich "},
    {"French", " le les et est une des que pas dans pour vous sur au ce "},
    {"Spanish", " el los y es una que por las con para del se como su "},
    {"Italian", " il che di per non sono gli della nel con una \xc3\xa8 "},
    {"Portuguese", " o os e uma n\xc3\xa3o para com do da em as por mais "},
    {"Dutch", " het een van en niet dat zijn op te voor met ik aan "},
};

#define N_LANGUAGES (sizeof(languages) / sizeof(languages[0]))

static bool knows(const char *words, pmpo_str word)
{
    char padded[16] = " ";
    if (word.len == 0 || word.len > sizeof(padded) - 3) {
        return false;
    }
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        padded[1 + i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    padded[1 + word.len] = ' ';
    padded[2 + word.len] = '\0';
    return strstr(words, padded) != NULL;
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
            hits[k] += knows(languages[k].words, pmpo_str_sub(s, at, end));
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
