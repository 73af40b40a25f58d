// Typed handles, so that Swift sees two different types of pointer.
#define CURL_STRICTER 1
#include <curl/curl.h>

// Swift cannot call functions with variable arguments. Each function here passes one type of value.

static inline CURLcode plumbline_curl_set_number(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode plumbline_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode plumbline_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode plumbline_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLMcode plumbline_curl_multi_set_number(CURLM *multi, CURLMoption option,
                                                        long value) {
  return curl_multi_setopt(multi, option, value);
}

typedef size_t (*plumbline_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode plumbline_curl_set_receiver(CURL *easy, CURLoption option,
                                                   plumbline_curl_receiver value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode plumbline_curl_get_number(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode plumbline_curl_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}
