create schema tickit authorization loader;
