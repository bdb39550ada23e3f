/* serve_fake.c: serve_fake KIND [KEY]: a server of the fake engine's model
 * (llm_server.h) on loopback, for tests that run whole programs. KIND: vllm,
 * sglang, echo or chat. Prints its URL, and ends when its input does. */
#include <stdio.h>
#include <string.h>

#include "llm_server.h"

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"vllm", "sglang", "echo", "chat"};
    int kind = 0;
    while (argc > 1 && kind < 4 && strcmp(argv[1], kinds[kind])) {
        kind++;
    }
    if (argc < 2 || argc > 3 || kind == 4) {
        fputs("serve_fake vllm|sglang|echo|chat [KEY]\n", stderr);
        return 2;
    }
    llm_server *s = llm_server_start(&(llm_options){.kind = (llm_kind)kind,
                                                    .key = argv[2]});
    printf("%s\n", llm_server_url(s));
    fflush(stdout);
    while (getchar() != EOF) {
    }
    llm_server_stop(s);
    return 0;
}
