import { afterAll, describe, expect, test } from "vitest";
import { DebianWork, script } from "../support/debian.js";

/** Debian's dynamic programs natively and under lift86: same output, exit status and files. .ci/run fetches the packages. */

const work = new DebianWork("work-programs", {
  "perl.pl": script("perl.pl"),
  "lua.lua": script("lua.lua"),
  "told.c": script("told.c"),
  "main.c": `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
struct p { short a; long long b; double c; };
static int cmp(const void *x, const void *y) { return *(const int *)x - *(const int *)y; }
static double sum(int n, ...) { va_list l; double s = 0; va_start(l, n); while (n--) s += va_arg(l, double); va_end(l); return s; }
int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(int argc, char **argv)
{
  int a[100], i; jmp_buf env; struct p p = { -1, 1LL << 40, 0.5 }, q = p; char *s = malloc(20);
  for (i = 0; i < 100; i++) a[i] = i * 7919 % 101;
  qsort(a, 100, sizeof *a, cmp);
  strcpy(s, "text"); if (!setjmp(env)) longjmp(env, 1);
  printf("%d %d %lld %d %.6f %.3f %s %u %zu\\n", fib(20), a[50], q.b / 3, q.a, sqrt(2.0) * argc, sum(3, 1.0, 2.5, q.c), s, 1u << 31, sizeof p);
  return argc > 1 ? atoi(argv[1]) : 5;
}
`,
  "tree/Makefile": `CC = tcc
OBJECTS := $(patsubst %.c,%.o,$(wildcard *.c))
.PHONY: all clean
all: program list sub
\t@echo built: $(sort $(OBJECTS))
program: $(OBJECTS)
\t$(CC) -o $@ $^ && ./$@
%.o: %.c common.h
\t$(CC) -c -o $@ $<
list: $(OBJECTS)
\tprintf '%s\\n' $^ | sort > $@
\t-false
sub:
\t$(MAKE) -C inner VALUE=$(words $(OBJECTS))
ifeq ($(shell echo yes),yes)
$(info shell works)
endif
clean: ; rm -f *.o program list
`,
  "tree/inner/Makefile": "all: ; @echo inner $(VALUE) $(MAKELEVEL); exit 3\n",
  "tree/common.h": "int twice(int);\n",
  "tree/a.c": '#include <stdio.h>\n#include "common.h"\nint main(void) { printf("%d\\n", twice(21)); return 0; }\n',
  "tree/b.c": '#include "common.h"\nint twice(int x) { return 2 * x; }\n',
});
afterAll(() => work.remove());

const sh = (text: string): string[] => ["/bin/bash", "-c", text];

describe("same output, exit status and files", () => {
  test.each<[string, string[], string?]>([
    ["grep, sed, gawk, findutils, xz", sh(script("tools.sh"))],
    ["perl", ["/usr/bin/perl", "perl.pl"]],
    ["lua", ["/usr/bin/lua5.4", "lua.lua"]],
    ["bc", ["/usr/bin/bc", "-l"], "scale=200; 4*a(1); e(1); sqrt(2); l(10); s(1); 2^2000 % 10^40; scale=10; 1/3; obase=16; 255\ndefine f(n) {\nif (n < 2) return (n)\nreturn (f(n-1) + f(n-2))\n}\nf(15); 1/0\n"],
    ["tcc", sh("tcc -o main main.c -lm && ./main; echo $?; tcc -run main.c 7 -lm; echo $?; tcc -c bad.c; echo 'int main( {' > bad.c; tcc bad.c; echo $?")],
    ["make", sh("cd tree; make; echo $?; make -k -j 3; echo $?; touch b.c; make -n program; make clean; make nothing; echo $?; rm -f inner/x")],
    ["sqlite3", ["/usr/bin/sqlite3", "t.db"], `create table t(a integer primary key, b text, c real); create table u(k integer, v text); create index i on t(b);
begin; with recursive n(x) as (select 1 union all select x + 1 from n where x < 5000) insert into t select x, hex(x * 7919 % 1009), x / 7.0 from n; commit;
insert into u select a, b from t where a % 10 = 0; create unique index j on u(k);
select count(*), sum(c), min(b), max(b) from t; select b, count(*) from t group by b order by 2 desc, 1 limit 3;
select count(*), total(t.c) from t join u on t.a = u.k where t.b like '3%'; explain query plan select * from t where b = '31';
update t set c = c + 1 where a % 3 = 0; delete from t where a > 4000; vacuum; pragma integrity_check; select printf('%.3f', avg(c)), group_concat(a) from t where a < 5;
select date('2024-02-29', '+1 year'), json_extract('{"a":[1,2]}', '$.a[1]'), upper('x') || 1, 7 / 2, 7 / 2.0, round(2.5), typeof(1e3), abs(-9), substr('hello', 2, 3);
.schema
insert into u values(10, 'twice'); select nothing from t; `],
  ])("%s", async (_, argv, input) => {
    const { native, guest } = await work.both(argv, input === undefined ? {} : { input });
    expect(guest).toEqual(native);
    expect(native.stdout).not.toBe("");
  });

  test("threads that queues and timers start, interfaces", async () => {
    const { native, guest } = await work.both(sh("tcc -o told told.c && ./told"), { options: ["--net"] });
    expect(guest).toEqual(native);
    expect(native.stdout).toContain("loopback 3\n");
  });
});
