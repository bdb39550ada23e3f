/* make_tiny.c: make_tiny PATH: a GGUF of random weights (tiny_model.h), for
 * tests that run whole programs. */
#include <stdio.h>

#include "tiny_model.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("make_tiny PATH\n", stderr);
        return 2;
    }
    tiny_model_write(argv[1], &(tiny_options){0});
    return 0;
}
