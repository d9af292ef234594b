# grep, sed, gawk, findutils, xz.
seq 1 2000 | awk '{ n[$1 % 7] += $1; printf "%s %x %5.2f\n", $1, $1, sqrt($1) } END { k = asorti(n, i); for (j = 1; j <= k; j++) print i[j], n[i[j]] }' | md5sum
awk 'BEGIN { print gensub(/(a)(b)/, "<\\2\\1>", "g", "abab"), length("xyz"), substr("hello", 2, 3), toupper("a"), index("abc", "c"), sprintf("%c%d", 65, 3.9), strtonum("0x1f"), and(12, 10), lshift(1, 5);
  print strftime("%Y-%m-%d", 0, 1), exp(1), sin(1), atan2(1, 2), 2^53, 1e6, 100000 * 100000, 0.1 + 0.2, -7 % 3, int(-3.5); "echo cmd" | getline x; print x; print match("foobar", /o+/), RSTART, RLENGTH;
  while (("seq 3" | getline l) > 0) s += l; print s; split("a:b:c", p, ":"); print p[3]; print "sorted" | "sort"; close("sort"); PROCINFO["sorted_in"] = "@ind_num_desc"; for (i = 1; i < 4; i++) q[i]; for (i in q) printf "%s ", i; print "" }'
awk -F: -v OFS=- '$3 < 5 { print $1, $3, NR, NF }' /etc/passwd; printf 'a,b\nc,d\n' | awk -F, '{ t = $1; $1 = $2; $2 = t } 1'
mkdir -p d/a/c d/b; for i in 1 2 3; do seq $((i * 50)) >d/a/c/f$i; done; : >d/b/empty; ln -s ../a d/b/l; chmod 700 d/b
find d -type f -size +100c -printf '%p %s %m %y\n' | sort; find d -type d -o -type l | sort; find d -empty; find -L d -name 'f1' | sort; find d -maxdepth 1 -mindepth 1 | sort
find d -type f -exec wc -l {} \; | sort; find d -type f -print0 | xargs -0 -P 3 -n 1 md5sum | sort; find d -newer d/a/c/f1 -name 'f[23]' | sort; find d -name f3 -delete; find d -type f | wc -l; seq 10 | xargs -n 3 echo
find / -xdev -name 'libc.so*' -path '*i386*' | sort
grep -rn '1[0-3]$' d | sort; seq 200 | grep -Eo '[0-9]{3}' | wc -l; grep -c . d/a/c/f1; seq 200 | grep -P '^1(?=2)'; grep -vE '^(.)\1' d/a/c/f1 | head -3; echo abc | grep -q x; echo $?; printf 'one\0two\0' | grep -z two | tr '\0' '\n'; grep -A1 -B1 -n '^25$' d/a/c/f1; echo 'Foo foo' | grep -io foo; grep nothing /nonexistent; echo $?
seq 20 | sed -n '/5/,/9/{s/\(.\)/[\1]/g;p}'; printf 'a b\nc d\n' | sed -E 's/(\w) (\w)/\2 \1/;1!G;h;$!d'; seq 5 | sed '2d;3a\added
4i\inserted' ; echo hello | sed 'y/el/ip/;s/o/\U&x/'; seq 3 >e; sed -i.bak 's/2/two/w written' e; cat e e.bak written
seq 20000 >big; xz -k -0 big; xz -l --robot big.xz | head -1 | cut -f1-3; xz -dc big.xz | cmp - big && echo same; xz -t big.xz; echo $?; rm big; unxz big.xz; wc -c big; head -c 3 big.xz 2>&1; xz --format=lzma -0c big | xz -dc | md5sum; printf 'not xz' | xz -dc; echo $?
