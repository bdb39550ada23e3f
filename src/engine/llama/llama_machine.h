/* llama_machine.h: the memory and processors of this machine. */
#ifndef PMPO_ENGINE_LLAMA_MACHINE_H
#define PMPO_ENGINE_LLAMA_MACHINE_H

#include <stdint.h>

uint64_t pmpo_available_bytes(void); /* of memory, now; 0: not known */
/* `asked` if above 0, else the number of processors this process may use. */
int pmpo_usable_threads(int asked);

#endif
