/* cache.h: the score cache of this user. */
#ifndef PMPO_API_CACHE_H
#define PMPO_API_CACHE_H

#include "store/store.h"

/* Opens the user's score cache; NULL in *out when `off`. Without a folder for it
 * the cache keeps nothing and says so. Fails only for want of memory. */
int pmpo_user_cache(bool off, pmpo_cache **out, pmpo_error *err);

#endif
