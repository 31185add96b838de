"""Trees too large for one program: cut into bundles of scenarios, solved by workers, held together by cuts."""
