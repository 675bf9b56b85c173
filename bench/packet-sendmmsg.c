/*
 * Sends one constant SYN as fast as sendmmsg on an AF_PACKET socket with PACKET_QDISC_BYPASS allows: a limit to measure against.
 *
 *     gcc -O2 -o packet-sendmmsg packet-sendmmsg.c
 *     packet-sendmmsg INTERFACE DESTINATION-MAC SOURCE-IP DESTINATION-IP COUNT [MESSAGES-PER-CALL]
 *
 * Prints {"sender":"packet","packets":N,"seconds":S}. Needs CAP_NET_RAW.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_packet.h>

#include "syn-frame.h"

#define LARGEST_CALL 1024

int main(int argc, char **argv) {
  struct plan plan = read_plan(argc, argv);
  int a_call = argc > 6 ? atoi(argv[6]) : 64;
  if (a_call < 1 || a_call > LARGEST_CALL) a_call = 64;
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) fail("socket");
  int on = 1;
  if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) < 0) fail("PACKET_QDISC_BYPASS");
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = plan.index};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");

  static struct mmsghdr messages[LARGEST_CALL];
  struct iovec frame = {.iov_base = plan.frame, .iov_len = FRAME_BYTES};
  for (int i = 0; i < a_call; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &frame, .msg_iovlen = 1};

  double start = seconds();
  for (long left = plan.count; left > 0;) {
    int sent = sendmmsg(fd, messages, left < a_call ? left : a_call, MSG_DONTWAIT);
    if (sent > 0) left -= sent;
    else if (errno != EAGAIN && errno != ENOBUFS) fail("sendmmsg");
  }
  report("packet", plan.count, seconds() - start);
}
