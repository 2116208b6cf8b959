# find_package(boundtoken) for a library that cargo-c installed: the targets boundtoken::boundtoken (shared library) and
# boundtoken::static. cargo-c copies this file as it is, into share/cmake/boundtoken, so the libraries are searched for from there.

get_filename_component(_boundtoken_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." REALPATH)
file(GLOB _boundtoken_libraries LIST_DIRECTORIES false
  "${_boundtoken_prefix}/lib*/libboundtoken.*" "${_boundtoken_prefix}/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libboundtoken.*")

foreach(_boundtoken_library IN LISTS _boundtoken_libraries)
  if(_boundtoken_library MATCHES "/libboundtoken\\.(so\\.1|1\\.dylib)$" AND NOT TARGET boundtoken::boundtoken)
    add_library(boundtoken::boundtoken SHARED IMPORTED)
    set_target_properties(boundtoken::boundtoken PROPERTIES
      IMPORTED_LOCATION "${_boundtoken_library}"
      INTERFACE_INCLUDE_DIRECTORIES "${_boundtoken_prefix}/include")
  elseif(_boundtoken_library MATCHES "/libboundtoken\\.a$" AND NOT TARGET boundtoken::static)
    add_library(boundtoken::static STATIC IMPORTED)
    set_target_properties(boundtoken::static PROPERTIES
      IMPORTED_LOCATION "${_boundtoken_library}"
      INTERFACE_LINK_LIBRARIES "-lpthread;-lm;${CMAKE_DL_LIBS}"
      INTERFACE_INCLUDE_DIRECTORIES "${_boundtoken_prefix}/include")
  endif()
endforeach()

if(NOT TARGET boundtoken::boundtoken AND NOT TARGET boundtoken::static)
  set(boundtoken_FOUND FALSE)
  set(boundtoken_NOT_FOUND_MESSAGE "there is no libboundtoken in ${_boundtoken_prefix}/lib")
endif()
unset(_boundtoken_prefix)
unset(_boundtoken_libraries)
