# The version is that of the header. Members, numbers and functions are only ever added: every version from the wanted one on will do.

file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../../../include/boundtoken.h" PACKAGE_VERSION REGEX "^#define BOUNDTOKEN_VERSION_STRING ")
string(REGEX REPLACE "^.*\"(.*)\"$" "\\1" PACKAGE_VERSION "${PACKAGE_VERSION}")
if(NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
