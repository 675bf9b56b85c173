/* Shared by both senders: arguments, one SYN to port 80 in an Ethernet frame, the clock and the line of result. */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_BYTES 58

struct plan {
  unsigned index;
  long count;
  uint8_t frame[FRAME_BYTES];
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void report(const char *sender, long packets, double taken) {
  printf("{\"sender\":\"%s\",\"packets\":%ld,\"seconds\":%.6f}\n", sender, packets, taken);
}

static uint32_t sum(const uint8_t *bytes, int length) {
  uint32_t total = 0;
  for (int i = 0; i < length; i += 2) total += bytes[i] << 8 | bytes[i + 1];
  return total;
}

static void put_checksum(uint8_t *at, uint32_t total) {
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  at[0] = ~total >> 8;
  at[1] = ~total;
}

/* Ethernet 14, IPv4 20, TCP 20 and an MSS option, 4 (RFC 791, RFC 9293). */
static struct plan read_plan(int argc, char **argv) {
  static const uint8_t ip[20] = {0x45, 0, 0, 44, 0, 1, 0x40, 0, 64, 6};
  static const uint8_t tcp[24] = {0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 0xfa, 0xf0, 0, 0, 0, 0, 2, 4, 5, 0xb4};
  struct plan plan = {0};
  if (argc < 6) {
    fprintf(stderr, "usage: %s INTERFACE DESTINATION-MAC SOURCE-IP DESTINATION-IP COUNT [BATCH]\n", argv[0]);
    exit(2);
  }
  plan.index = if_nametoindex(argv[1]);
  if (plan.index == 0) fail(argv[1]);
  plan.count = atol(argv[5]);

  uint8_t *frame = plan.frame;
  if (sscanf(argv[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", frame, frame + 1, frame + 2, frame + 3, frame + 4, frame + 5) != 6) {
    fprintf(stderr, "not a MAC: %s\n", argv[2]);
    exit(2);
  }
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", argv[1]);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0) fail("SIOCGIFHWADDR");
  close(fd);
  memcpy(frame + 6, request.ifr_hwaddr.sa_data, 6);
  frame[12] = 8;

  memcpy(frame + 14, ip, sizeof ip);
  memcpy(frame + 34, tcp, sizeof tcp);
  if (inet_pton(AF_INET, argv[3], frame + 26) != 1 || inet_pton(AF_INET, argv[4], frame + 30) != 1) {
    fprintf(stderr, "not an address\n");
    exit(2);
  }
  put_checksum(frame + 24, sum(frame + 14, 20));
  put_checksum(frame + 50, sum(frame + 34, 24) + sum(frame + 26, 8) + 6 + 24);
  return plan;
}
