/* What glibc makes of notification by thread and of netlink sockets: threads that queues and timers start, interfaces, addresses. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <mqueue.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static sem_t told;
static pthread_t first;

static void by_thread(union sigval v) {
  printf("told of %d, by another thread %d\n", v.sival_int, !pthread_equal(first, pthread_self()));
  fflush(stdout);
  sem_post(&told);
}

int main(void) {
  struct mq_attr a = {0, 4, 16, 0};
  struct sigevent e;
  char text[16];
  int r, lo = 0;
  first = pthread_self();
  sem_init(&told, 0, 0);
  mq_unlink("/lift86-told");
  mqd_t q = mq_open("/lift86-told", O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &a);
  memset(&e, 0, sizeof e);
  e.sigev_notify = SIGEV_THREAD;
  e.sigev_notify_function = by_thread;
  for (int i = 0; i < 3; i++) {
    e.sigev_value.sival_int = 42 + i;
    printf("mq_notify %d\n", mq_notify(q, &e));
    r = mq_notify(q, &e);
    printf("again %d, %d\n", r, errno == EBUSY);
    mq_send(q, "x", 1, 0);
    sem_wait(&told);
    printf("received %d\n", (int)mq_receive(q, text, sizeof text, 0));
  }
  r = mq_notify(q, &e);
  printf("mq_notify %d, back %d\n", r, mq_notify(q, 0));
  mq_unlink("/lift86-told");
  struct itimerspec soon = {{0, 0}, {0, 20000000}};
  timer_t t;
  e.sigev_value.sival_int = 7;
  printf("timer_create %d\n", timer_create(CLOCK_MONOTONIC, &e, &t));
  printf("timer_settime %d\n", timer_settime(t, 0, &soon, 0));
  sem_wait(&told);
  printf("timer_delete %d\n", timer_delete(t));
  struct ifaddrs *list, *i;
  printf("getifaddrs %d\n", getifaddrs(&list));
  for (i = list; i; i = i->ifa_next) {
    if (strcmp(i->ifa_name, "lo") || !i->ifa_addr) continue;
    if (i->ifa_addr->sa_family == AF_PACKET) lo |= 1;
    if (i->ifa_addr->sa_family == AF_INET && ((struct sockaddr_in *)i->ifa_netmask)->sin_addr.s_addr == htonl(0xff000000)) lo |= 2;
  }
  printf("loopback %d\n", lo);
  freeifaddrs(list);
  struct addrinfo hints, *found;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = AI_ADDRCONFIG;
  hints.ai_socktype = SOCK_STREAM;
  r = getaddrinfo("127.0.0.1", "80", &hints, &found);
  printf("getaddrinfo %d %d\n", r, r ? 0 : ntohs(((struct sockaddr_in *)found->ai_addr)->sin_port));
  return 0;
}
