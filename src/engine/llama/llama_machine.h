/* llama_machine.h: what this machine has. */
#ifndef PMPO_ENGINE_LLAMA_MACHINE_H
#define PMPO_ENGINE_LLAMA_MACHINE_H

#include <stdint.h>

uint64_t pmpo_available_bytes(void); /* of memory, now; 0: not known */
/* `asked`, or as many as this process may use processors. */
int pmpo_usable_threads(int asked);

#endif
