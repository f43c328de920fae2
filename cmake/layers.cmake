# One object library a folder. USES names every folder its files may include from; tools/check_tree.py
# reads the same lines and fails when an #include says otherwise. The order of the calls is the order
# of the layers: a folder may only use folders declared before it.

set_property(GLOBAL PROPERTY WEIR_LIBRARIES "")

# Include paths and warnings, the same for libraries, programs and tests.
function(weir_settings target)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/engine)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:${WEIR_C_WARNINGS}> $<$<COMPILE_LANGUAGE:CXX>:${WEIR_WARNINGS}>)
endfunction()

# weir_library(<name> USES <names...> [LINKS <targets...>] [SOURCES <generated files...>])
# Compiles every .c and .cc file of the current folder into the object library weir_<name>.
function(weir_library name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS;SOURCES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(NOT sources AND NOT ARG_SOURCES)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/headers_only.c "typedef int headers_only;\n")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/headers_only.c)
  endif()
  add_library(weir_${name} OBJECT ${sources} ${ARG_SOURCES})
  if(ARG_SOURCES)  # generators leave things behind that nobody reads
    set_source_files_properties(${ARG_SOURCES} PROPERTIES COMPILE_OPTIONS
                                "-Wno-unused;-Wno-missing-prototypes;-Wno-shadow;-Wno-switch-enum")
  endif()
  weir_settings(weir_${name})
  target_include_directories(weir_${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
  foreach(other IN LISTS ARG_USES)
    if(NOT TARGET weir_${other})
      message(FATAL_ERROR "${name} uses ${other}, which is not declared before it (cmake/layers.cmake)")
    endif()
  endforeach()
  target_link_libraries(weir_${name} PUBLIC ${ARG_LINKS})
  set_property(GLOBAL APPEND PROPERTY WEIR_LIBRARIES weir_${name})
endfunction()

# weir_archive(): all object libraries declared so far in one archive. Programs and tests link it, so
# each of them takes only the objects it needs and links in a fraction of a second.
function(weir_archive)
  get_property(libraries GLOBAL PROPERTY WEIR_LIBRARIES)
  add_library(weir_all STATIC)
  set_target_properties(weir_all PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(weir_all PUBLIC ${libraries} Threads::Threads m)
endfunction()

# weir_executable(<name> <sources...>): a program or test linked with every library.
function(weir_executable name)
  add_executable(${name} ${ARGN})
  weir_settings(${name})
  target_link_libraries(${name} PRIVATE weir_all)
endfunction()
