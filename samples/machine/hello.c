/* A multiboot image that greets over the serial line, says what it was given, and ends with status 1. */
#include "machine.h"

void start(struct information *info)
{
    print("Hello from a machine!\n");
    print("command line: ");
    print(info->command_line);
    print("\nmemory: ");
    number((info->upper + 1024) / 1024);
    print(" MiB\n");
    for (u32 i = 0; i < info->modules; i++) {
        struct module *m = &info->module[i];
        print("module ");
        print(m->text);
        print(": ");
        for (u32 at = m->start; at < m->end; at++)
            put(*(char *)at);
        put('\n');
    }
    quit(0);
}
