use strict; use warnings; use Socket; use IO::Handle; $| = 1;
my %h; $h{length $_}{$_}++ for split /\W+/, "the quick brown fox jumps over the lazy dog the end";
for my $n (sort { $a <=> $b } keys %h) { print "$n: ", join(",", map { "$_=$h{$n}{$_}" } sort keys %{$h{$n}}), "\n" }
(my $t = "2024-05-06 and 1999-12-31") =~ s/(\d+)-(\d+)-(\d+)/$3.$2.$1/g; print "$t\n";
print join("|", "key=val; k2 = v2" =~ /(\w+)\s*=\s*(\w+)/g), "\n";
print "named $+{y}\n" if "in 2024" =~ /(?<y>\d{4})/; my $c = () = "banana" =~ /a/g; print "$c\n"; ($_ = "hello") =~ tr/a-y/b-z/; print "$_\n";
printf "%s %5d|%-6s|%05.2f %e %g %x %o %b %s\n", "str", 42, "ab", 3.14159, 12345.678, 1e-5, 255, 8, 10, 2**53;
print 10/3, " ", 1e21, " ", 0.1 + 0.2, " ", 7 % -3, " ", int(-3.7), " ", 9**20, " ", atan2(1, 1) * 4, "\n";
my @s = sort { $a->{n} <=> $b->{n} || $a->{s} cmp $b->{s} } map { { n => $_ % 3, s => "s$_" } } 1 .. 7; print join(" ", map { "$_->{n}$_->{s}" } @s), "\n";
my $f = sub { my $n = shift; $n < 2 ? $n : __SUB__($n) }; sub fib { my $n = shift; $n < 2 ? $n : fib($n - 1) + fib($n - 2) } print fib(15), "\n";
eval { die { code => 5 } }; print $@->{code}, "\n"; eval { my $z = 0; my $x = 1 / $z; }; print $@ =~ /^Illegal division by zero/ ? "caught\n" : "not\n";
my $pid = fork; if (!$pid) { exit 7 } waitpid $pid, 0; print $? >> 8, "\n";
open my $p, "-|", "echo from a pipe; exit 3" or die; print <$p>; close $p; print $? >> 8, "\n";
open my $w, "|-", "tr a-z A-Z" or die; print $w "to a pipe\n"; close $w;
pipe(my $r, my $q); if (!fork) { close $r; print $q "child $_\n" for 1 .. 3; exit } close $q; print "got $_" while <$r>; wait;
print `echo backticks; echo two`, $? >> 8, "\n"; print "system ", system("exit 9") >> 8, "\n";
socketpair(my $x, my $y, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die $!; $x->autoflush; $y->autoflush;
if (!fork) { close $x; while (<$y>) { print $y uc } exit 2 } close $y; print $x "over a socket\n"; print scalar <$x>; close $x; wait; print $? >> 8, "\n";
socket(my $l, PF_UNIX, SOCK_STREAM, 0) or die $!; bind($l, sockaddr_un("s")) or die $!; listen($l, 5);
for my $n (1 .. 3) { if (!fork) { socket(my $k, PF_UNIX, SOCK_STREAM, 0); connect($k, sockaddr_un("s")) or die $!; syswrite $k, "client $n\n"; exit } }
my @got; for (1 .. 3) { accept(my $k, $l) or die $!; push @got, scalar <$k> } print sort @got; 1 while wait > 0; unlink "s";
local $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select undef, undef, undef, 5; $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$;
open my $o, ">", "file" or die; print $o "line $_\n" for 1 .. 1000; close $o; open $o, "<", "file"; my @l = <$o>; close $o; print scalar(@l), " $l[-1]";
open $o, "+<", "file"; seek $o, 7, 0; read $o, my $b, 6; print "$b ", tell($o), " ", -s "file", "\n"; truncate $o, 14; close $o; print -s "file", "\n";
rename "file", "renamed"; mkdir "d"; opendir my $d, "."; print join(" ", grep { !/^\./ } sort readdir $d), "\n"; print join(",", map { sprintf "%o", $_ & 07777 } (stat "renamed")[2]), "\n";
print join(",", unpack("A3 n C", pack("A3 n C", "abc", 258, 65))), " ", join(" ", map { ucfirst } qw(a b)), " ", scalar reverse("abc"), " ", gmtime(86400) . "", "\n";
print sprintf("%vd", "1.22.333"), " ", lc("ÀB"), " ", crypt("x", "ab") // "", "\n"; print "done\n";
