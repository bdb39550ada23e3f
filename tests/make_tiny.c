/* make_tiny.c: make_tiny PATH [chat]: a GGUF of random weights (tiny_model.h),
 * for tests that run whole programs; chat: with a template of messages. */
#include <stdio.h>
#include <string.h>

#include "tiny_model.h"

int main(int argc, char **argv)
{
    if (argc != 2 && (argc != 3 || strcmp(argv[2], "chat"))) {
        fputs("make_tiny PATH [chat]\n", stderr);
        return 2;
    }
    tiny_model_write(argv[1], &(tiny_options){.chat = argc == 3,
                                             .n_context = argc == 3 ? 16384
                                                                    : 0});
    return 0;
}
